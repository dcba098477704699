// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Cyclonus' generated cases (`cyclonus generate`) against the cluster of KUBECONFIG, each Pod's probes in one exec:
// cyclonus can do that, but its command line does not say so, and a process on a node for each of 324 probes a case takes
// hours on two cores. Cases, probes and what is expected of them are cyclonus' own.
//
// Cyclonus' whole report goes to standard error, a line for each case and the counts to standard output.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mattfenwick/cyclonus/pkg/connectivity"
	"github.com/mattfenwick/cyclonus/pkg/connectivity/probe"
	"github.com/mattfenwick/cyclonus/pkg/generator"
	"github.com/mattfenwick/cyclonus/pkg/kube"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

var (
	namespaces = []string{"x", "y", "z"}
	pods       = []string{"a", "b", "c"}
	ports      = []int{80, 81}
	protocols  = []v1.Protocol{v1.ProtocolTCP, v1.ProtocolUDP}
)

// Cyclonus counts a Pod's connection to itself as denied by its own policies. Kubernetes does not: "a Pod cannot block
// access to itself" (kubernetes.io/docs/concepts/services-networking/network-policies). Cyclonus offers to look away.
const ignoreLoopback = true

func main() {
	registry := flag.String("registry", "registry.lab:5000", "has e2e-test-images/agnhost, with cyclonus' worker in it")
	only := flag.String("only", "", "cases with one of these `tags`, separated by commas; all without it")
	to := flag.String("to", generator.ProbeModeServiceIP, "what is asked: "+strings.Join(generator.AllProbeModes, ", "))
	wait := flag.Int("wait", 1, "`seconds` from a change until it must be in force")
	flag.Parse()
	log.SetFlags(0)
	if err := run(*registry, *only, *to, *wait); err != nil {
		log.Fatal(err)
	}
}

func run(registry, only, to string, wait int) error {
	results := os.Stdout
	os.Stdout = os.Stderr // cyclonus prints
	cluster, err := kube.NewKubernetesForContext("")
	if err != nil {
		return err
	}
	cluster.RestConfig.QPS, cluster.RestConfig.Burst = 100, 100 // before each case all labels are put back
	if cluster.ClientSet, err = kubernetes.NewForConfig(cluster.RestConfig); err != nil {
		return err
	}
	var tags []string
	if only != "" {
		tags = strings.Split(only, ",")
	}
	if err := generator.ValidateTags(tags); err != nil {
		return err
	}
	mode, err := generator.ParseProbeMode(to)
	if err != nil {
		return err
	}
	defer func() {
		for _, namespace := range namespaces {
			if err := cluster.DeleteNamespace(namespace); err != nil {
				log.Print(err)
			}
		}
	}()
	resources, err := probe.NewDefaultResources(cluster, namespaces, pods, ports, protocols, nil, 60, false, registry)
	if err != nil {
		return err
	}
	last, err := resources.GetPod("z", "c")
	if err != nil {
		return err
	}
	// A step that differs is asked again, up to three times: connections have one second, and the machine is small.
	interpreter := connectivity.NewInterpreter(cluster, resources, &connectivity.InterpreterConfig{
		ResetClusterBeforeTestCase: true, VerifyClusterStateBeforeTestCase: true,
		KubeProbeRetries: 3, PerturbationWaitSeconds: wait, BatchJobs: true, IgnoreLoopback: ignoreLoopback,
	})
	printer := &connectivity.Printer{IgnoreLoopback: ignoreLoopback}
	cases := generator.NewTestCaseGenerator(true, last.IP, namespaces, tags, nil).GenerateTestCases()
	for number, test := range cases {
		if mode != generator.ProbeModeServiceIP || !makesPods(test) {
			for _, step := range test.Steps {
				config := *step.Probe // cases share theirs
				config.Mode = mode
				step.Probe = &config
			}
		}
		start := time.Now()
		result := interpreter.ExecuteTestCase(test)
		if result.Err != nil {
			return result.Err
		}
		printer.PrintTestCaseResult(result)
		verdict := "passed"
		if !result.Passed(ignoreLoopback) {
			verdict = "FAILED"
		}
		fmt.Fprintf(results, "%d/%d %s %.1fs %s\n", number+1, len(cases), verdict, time.Since(start).Seconds(), test.Description)
	}
	return report(results, printer.Results)
}

// makesPods: of Pods that it makes or labels anew, cyclonus does not know the Service's address, only its name.
func makesPods(test *generator.TestCase) bool {
	return slices.ContainsFunc(test.Steps, func(step *generator.TestStep) bool {
		return slices.ContainsFunc(step.Actions, func(action *generator.Action) bool {
			return action.CreatePod != nil || action.SetPodLabels != nil
		})
	})
}

// report prints the counts as a table; an error if anything failed.
func report(out *os.File, results []*connectivity.Result) error {
	tags := map[string][2]int{}
	var total [2]int
	var steps, again, right, wrong int
	for _, result := range results {
		failed := 0
		if !result.Passed(ignoreLoopback) {
			failed = 1
		}
		total[failed]++
		for _, tag := range result.TestCase.Tags.Keys() {
			counts := tags[tag]
			counts[failed]++
			tags[tag] = counts
		}
		for _, step := range result.Steps {
			steps++
			again += len(step.KubeProbes) - 1
			counts := step.LastComparison().ValueCounts(ignoreLoopback)
			right, wrong = right+counts[connectivity.SameComparison], wrong+counts[connectivity.DifferentComparison]
		}
	}
	fmt.Fprintf(out, "\n| cases of | passed | failed |\n| --- | ---: | ---: |\n")
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		fmt.Fprintf(out, "| %s | %d | %d |\n", tag, tags[tag][0], tags[tag][1])
	}
	fmt.Fprintf(out, "| **all** | **%d** | **%d** |\n\n", total[0], total[1])
	fmt.Fprintf(out, "%d steps (%d of them asked again), %d connections as cyclonus expects, %d otherwise\n", steps, again, right, wrong)
	if total[1] > 0 {
		return errors.New("the cluster does not do what cyclonus expects")
	}
	return nil
}
