// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Cluster is all that decides which traffic is allowed.
type Cluster struct {
	Namespaces []*corev1.Namespace
	Pods       []*corev1.Pod
	Policies   []*networkingv1.NetworkPolicy
}

// Direction is a side of a connection, seen from the Pod that a policy selects.
type Direction = networkingv1.PolicyType

const (
	Ingress = networkingv1.PolicyTypeIngress
	Egress  = networkingv1.PolicyTypeEgress
)

// Isolated is a Pod with policies: what no rule of its direction allows is denied. A nil direction is not isolated.
type Isolated struct {
	Name      string
	Addresses []netip.Addr
	Rules     map[Direction][]Rule
}

// Rule allows what matches both.
type Rule struct {
	Peer Peer
	Port Port
}

// Peer is the other end: these hosts, or this block without its exceptions, or (zero) anyone.
type Peer struct {
	Hosts  []netip.Addr
	Block  netip.Prefix
	Except []netip.Prefix
}

// Port is a range of ports of a protocol at the destination, or (without numbers) all of that protocol, or (zero) any
// traffic at all, ICMP included.
type Port struct {
	Protocol    corev1.Protocol
	First, Last int32
}

// pod is a Pod that policies can be about: one with addresses of its own that still runs.
type pod struct {
	*corev1.Pod
	addresses []netip.Addr
}

// Enforced are the rules for the Pods of one node.
func Enforced(c Cluster, node string) []Isolated {
	namespaces := map[string]labels.Set{}
	for _, n := range c.Namespaces {
		namespaces[n.Name] = n.Labels
	}
	e := evaluation{namespaces: namespaces, pods: subjects(c.Pods)}
	policies := slices.SortedFunc(slices.Values(c.Policies), func(a, b *networkingv1.NetworkPolicy) int {
		return strings.Compare(a.Name, b.Name) // the same rules in the same order are the same text
	})
	var found []Isolated
	for _, p := range e.pods {
		if p.Spec.NodeName != node {
			continue
		}
		isolated := Isolated{Name: full(p.Pod), Addresses: p.addresses, Rules: map[Direction][]Rule{}}
		for _, policy := range policies {
			if policy.Namespace != p.Namespace || !selects(&policy.Spec.PodSelector, p.Labels) {
				continue
			}
			for _, direction := range directions(policy) {
				if isolated.Rules[direction] == nil {
					isolated.Rules[direction] = []Rule{}
				}
				isolated.Rules[direction] = append(isolated.Rules[direction], e.rules(policy, direction, p)...)
			}
		}
		if len(isolated.Rules) > 0 {
			found = append(found, isolated)
		}
	}
	return found
}

// subjects leaves out Pods on the network of their node, which have no address of their own, and those that have ended
// or do not have an address yet. Of two that claim an address, the younger one has it.
func subjects(pods []*corev1.Pod) []pod {
	pods = slices.SortedFunc(slices.Values(pods), func(a, b *corev1.Pod) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), strings.Compare(full(a), full(b)))
	})
	taken := map[netip.Addr]bool{}
	var found []pod
	for _, p := range pods {
		if p.Spec.HostNetwork || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
			continue
		}
		subject := pod{Pod: p}
		for _, ip := range p.Status.PodIPs {
			if address, err := netip.ParseAddr(ip.IP); err == nil && !taken[address] {
				taken[address] = true
				subject.addresses = append(subject.addresses, address)
			}
		}
		if len(subject.addresses) > 0 {
			found = append(found, subject)
		}
	}
	return found
}

func full(p *corev1.Pod) string { return p.Namespace + "/" + p.Name }

// directions are the policy's types. Without any, a policy is about ingress, and about egress if it has such rules.
func directions(policy *networkingv1.NetworkPolicy) []Direction {
	switch {
	case len(policy.Spec.PolicyTypes) > 0:
		return policy.Spec.PolicyTypes
	case len(policy.Spec.Egress) > 0:
		return []Direction{Ingress, Egress}
	default:
		return []Direction{Ingress}
	}
}

type evaluation struct {
	namespaces map[string]labels.Set
	pods       []pod
}

// rules are what a policy allows in one direction to a Pod that it selects.
func (e evaluation) rules(policy *networkingv1.NetworkPolicy, direction Direction, selected pod) []Rule {
	var found []Rule
	if direction == Ingress {
		for _, rule := range policy.Spec.Ingress {
			ports := resolve(rule.Ports, selected.Pod)
			for _, peer := range e.peers(policy.Namespace, rule.From) {
				for _, port := range ports {
					found = append(found, Rule{peer, port})
				}
			}
		}
		return found
	}
	for _, rule := range policy.Spec.Egress {
		numbered, named := byKind(rule.Ports)
		for _, peer := range e.peers(policy.Namespace, rule.To) {
			if len(named) == 0 || len(numbered) > 0 {
				for _, port := range resolve(numbered, nil) {
					found = append(found, Rule{peer, port})
				}
			}
			found = append(found, e.destinations(peer, named)...)
		}
	}
	return found
}

// destinations are the Pods of a peer that have ports of these names, each port with those that have it.
func (e evaluation) destinations(peer Peer, named []networkingv1.NetworkPolicyPort) []Rule {
	if len(named) == 0 {
		return nil
	}
	var order []Port
	hosts := map[Port][]netip.Addr{}
	for _, p := range e.pods {
		for _, port := range resolve(named, p.Pod) {
			for _, address := range p.addresses {
				if !peer.Has(address) {
					continue
				}
				if hosts[port] == nil {
					order = append(order, port)
				}
				hosts[port] = append(hosts[port], address)
			}
		}
	}
	var found []Rule
	for _, port := range order {
		found = append(found, Rule{Peer{Hosts: hosts[port]}, port})
	}
	return found
}

// Has tells whether an address is one of the peer's.
func (p Peer) Has(address netip.Addr) bool {
	switch {
	case p.Block.IsValid():
		excepted := slices.ContainsFunc(p.Except, func(e netip.Prefix) bool { return e.Contains(address) })
		return p.Block.Contains(address) && !excepted
	case p.Hosts != nil:
		return slices.Contains(p.Hosts, address)
	default:
		return true
	}
}

// peers are those of a rule: without any, everyone. All Pods that are peers by labels become one.
func (e evaluation) peers(namespace string, peers []networkingv1.NetworkPolicyPeer) []Peer {
	if len(peers) == 0 {
		return []Peer{{}}
	}
	var found []Peer
	hosts := []netip.Addr{}
	for _, peer := range peers {
		if peer.IPBlock != nil {
			if block, err := netip.ParsePrefix(peer.IPBlock.CIDR); err == nil {
				found = append(found, Peer{Block: block.Masked(), Except: prefixes(peer.IPBlock.Except)})
			}
			continue
		}
		for _, p := range e.pods {
			if e.isPeer(namespace, peer, p) {
				hosts = append(hosts, p.addresses...)
			}
		}
	}
	if len(hosts) > 0 {
		slices.SortFunc(hosts, netip.Addr.Compare)
		found = append(found, Peer{Hosts: slices.Compact(hosts)})
	}
	return found
}

// isPeer: without a namespaceSelector the policy's own namespace counts, without a podSelector all Pods of those chosen.
func (e evaluation) isPeer(namespace string, peer networkingv1.NetworkPolicyPeer, p pod) bool {
	if peer.NamespaceSelector == nil {
		return p.Namespace == namespace && selects(peer.PodSelector, p.Labels)
	}
	its, known := e.namespaces[p.Namespace]
	return known && selects(peer.NamespaceSelector, its) && (peer.PodSelector == nil || selects(peer.PodSelector, p.Labels))
}

// selects: an empty selector is everything; one that cannot be read (the API server lets none in) is nothing.
func selects(selector *metav1.LabelSelector, set labels.Set) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(set)
}

func prefixes(texts []string) []netip.Prefix {
	var found []netip.Prefix
	for _, text := range texts {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			found = append(found, prefix.Masked())
		}
	}
	return found
}

func byKind(ports []networkingv1.NetworkPolicyPort) (numbered, named []networkingv1.NetworkPolicyPort) {
	for _, port := range ports {
		if port.Port != nil && port.Port.Type == intstr.String {
			named = append(named, port)
		} else {
			numbered = append(numbered, port)
		}
	}
	return numbered, named
}

// resolve gives the ports of a rule at a destination, whose names for them count: without any, all traffic. A name that
// the destination does not have for that protocol is no port.
func resolve(ports []networkingv1.NetworkPolicyPort, destination *corev1.Pod) []Port {
	if len(ports) == 0 {
		return []Port{{}}
	}
	var found []Port
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		switch {
		case port.Port == nil:
			found = append(found, Port{Protocol: protocol})
		case port.Port.Type == intstr.String:
			for _, number := range numbers(destination, port.Port.StrVal, protocol) {
				found = append(found, Port{protocol, number, number})
			}
		case port.EndPort != nil:
			found = append(found, Port{protocol, port.Port.IntVal, *port.EndPort})
		default:
			found = append(found, Port{protocol, port.Port.IntVal, port.Port.IntVal})
		}
	}
	return found
}

// numbers of the ports that a Pod's containers, sidecars among them, call so.
func numbers(p *corev1.Pod, name string, protocol corev1.Protocol) []int32 {
	containers := slices.Clone(p.Spec.Containers)
	for _, c := range p.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containers = append(containers, c)
		}
	}
	var found []int32
	for _, c := range containers {
		for _, port := range c.Ports {
			its := port.Protocol
			if its == "" {
				its = corev1.ProtocolTCP
			}
			if port.Name == name && its == protocol {
				found = append(found, port.ContainerPort)
			}
		}
	}
	return found
}
