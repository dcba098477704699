// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The lab's NetworkPolicy: on each node an agent that turns the API's policies into nftables of the node's network
// namespace. It enforces networking.k8s.io/v1 and nothing else. Rules outlive the agent: only new ones replace them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// Changes come in swarms: a Deployment's Pods, a manifest's policies.
	settle = 50 * time.Millisecond
	// How often to look whether somebody removed the table, or whether what failed works now.
	inspect = 5 * time.Second
)

func main() {
	node := flag.String("node", os.Getenv("NODE_NAME"), "the `node` whose Pods are guarded")
	kubeconfig := flag.String("kubeconfig", "", "`file`; without it, the Pod's own account")
	ready := flag.String("ready", "127.0.0.1:10270", "`address` that answers 200 while what the API says is in force")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *node, *kubeconfig, *ready); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, node, kubeconfig, ready string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	var inForce atomic.Bool
	failed := make(chan error, 1)
	go func() { failed <- http.ListenAndServe(ready, readiness(&inForce)) }()
	view, err := watch(ctx, client)
	if err != nil {
		return err
	}
	look := time.NewTicker(inspect)
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-view.changed:
			time.Sleep(settle)
		case <-look.C:
			if nft(ctx, "", "list", "chain", Family, Table, "forward") != nil {
				last = ""
			}
		}
		text := Render(Enforced(view.cluster(), node))
		if text != last {
			err := nft(ctx, text, "-f", "-")
			if inForce.Store(err == nil); err != nil {
				log.Print(err)
				continue
			}
			last = text
			log.Printf("in force: %d lines of rules", strings.Count(text, "\n"))
		}
	}
}

func nft(ctx context.Context, input string, arguments ...string) error {
	command := exec.CommandContext(ctx, "nft", arguments...)
	command.Stdin = strings.NewReader(input)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, said)
	}
	return nil
}

func readiness(inForce *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !inForce.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}
