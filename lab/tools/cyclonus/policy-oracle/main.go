// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// What cyclonus' own evaluation says of connections: one question in JSON a line, one answer a line, no cluster.
//
//	{"policies": [NetworkPolicy...], "peers": [{"ip", "namespace", "namespaceLabels", "podLabels"}...],
//	 "traffic": [{"from": 0, "to": 1, "port": 80, "portName": "http", "protocol": "TCP"}...]}
//
// is answered by {"allowed": [true...]}. A peer without a namespace is outside of the cluster; a port's name is that of
// the server's container port.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

type peer struct {
	IP              string            `json:"ip"`
	Namespace       string            `json:"namespace"`
	NamespaceLabels map[string]string `json:"namespaceLabels"`
	PodLabels       map[string]string `json:"podLabels"`
}

type connection struct {
	From     int           `json:"from"`
	To       int           `json:"to"`
	Port     int           `json:"port"`
	PortName string        `json:"portName"`
	Protocol core.Protocol `json:"protocol"`
}

type question struct {
	Policies []*networking.NetworkPolicy `json:"policies"`
	Peers    []peer                      `json:"peers"`
	Traffic  []connection                `json:"traffic"`
}

type answer struct {
	Allowed []bool `json:"allowed"`
}

func main() {
	questions := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	for number := 1; ; number++ {
		var asked question
		if err := questions.Decode(&asked); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			log.Fatalf("question %d: %v", number, err)
		}
		answered, err := evaluate(asked)
		if err != nil {
			log.Fatalf("question %d: %v", number, err)
		}
		if err := answers.Encode(answered); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

// evaluate asks cyclonus; what it finds invalid, it panics about.
func evaluate(asked question) (answered answer, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("cyclonus: %v", problem)
		}
	}()
	for _, policy := range asked.Policies {
		setDefaults(policy)
	}
	policies := matcher.BuildNetworkPolicies(false, asked.Policies)
	peers := make([]*matcher.TrafficPeer, 0, len(asked.Peers))
	for _, p := range asked.Peers {
		one := &matcher.TrafficPeer{IP: p.IP}
		if p.Namespace != "" {
			one.Internal = &matcher.InternalPeer{
				PodLabels: p.PodLabels, NamespaceLabels: p.NamespaceLabels, Namespace: p.Namespace,
			}
		}
		peers = append(peers, one)
	}
	answered.Allowed = make([]bool, 0, len(asked.Traffic))
	for _, c := range asked.Traffic {
		result := policies.IsTrafficAllowed(&matcher.Traffic{
			Source: peers[c.From], Destination: peers[c.To],
			ResolvedPort: c.Port, ResolvedPortName: c.PortName, Protocol: c.Protocol,
		})
		answered.Allowed = append(answered.Allowed, result.IsAllowed())
	}
	return answered, nil
}

// setDefaults does what the API server does before anybody sees a policy (SetDefaults_NetworkPolicy in
// pkg/apis/networking/v1/defaults.go of Kubernetes); cyclonus relies on it.
func setDefaults(policy *networking.NetworkPolicy) {
	if len(policy.Spec.PolicyTypes) > 0 {
		return
	}
	policy.Spec.PolicyTypes = []networking.PolicyType{networking.PolicyTypeIngress}
	if len(policy.Spec.Egress) > 0 {
		policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, networking.PolicyTypeEgress)
	}
}
