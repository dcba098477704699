// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Family and Table: ours alone in the node's network namespace.
const (
	Family = "inet"
	Table  = "network-policy"
)

// After the filter chains of kube-proxy, so that a Service without endpoints refuses. Traffic of the node itself with its
// Pods, which policies cannot deny, does not pass this hook; traffic between Pods of one node does, because the bridge
// hands it over (bridge-nf-call-iptables). Only replies are let through for the sake of their connection: whoever opened
// it is judged by every packet, so a new policy also ends what stands. Addresses of Services are Pods' by now.
const preamble = `add table %[1]s
delete table %[1]s
table %[1]s {
	chain forward {
		type filter hook forward priority filter + 10; policy accept;
		ct direction reply ct state established,related accept
		ct state related accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
`

var families = []string{"ip", "ip6"}

// Render gives the input of `nft -f`: one transaction that replaces the table.
func Render(pods []Isolated) string {
	pods = slices.SortedFunc(slices.Values(pods), func(a, b Isolated) int { return strings.Compare(a.Name, b.Name) })
	var out strings.Builder
	fmt.Fprintf(&out, preamble, Family+" "+Table)
	for _, family := range families {
		var itself []string
		for _, pod := range pods {
			for _, address := range of(family, pod.Addresses) {
				itself = append(itself, address+" . "+address)
			}
		}
		line(&out, "\t\t%[1]s saddr . %[1]s daddr { %[2]s } accept\n", family, itself)
	}
	for _, side := range sides {
		for _, family := range families {
			var jumps []string
			for _, pod := range pods {
				if pod.Rules[side.direction] == nil {
					continue
				}
				for _, address := range of(family, pod.Addresses) {
					jumps = append(jumps, address+" : jump "+chain(side, pod))
				}
			}
			line(&out, "\t\t%s "+side.own+" vmap { %s }\n", family, jumps)
		}
	}
	out.WriteString("\t}\n")
	for _, side := range sides {
		for _, pod := range pods {
			if rules := pod.Rules[side.direction]; rules != nil {
				fmt.Fprintf(&out, "\tchain %s {\n", chain(side, pod))
				for _, rule := range rules {
					render(&out, side, rule)
				}
				out.WriteString("\t\tcounter drop\n\t}\n")
			}
		}
	}
	out.WriteString("}\n")
	return out.String()
}

// side is how a direction looks in a packet: where the selected Pod is, and where its peer.
type side struct {
	direction        Direction
	own, peer, chain string
}

// What leaves a Pod comes first: `return` then leads to what its destination says.
var sides = []side{{Egress, "saddr", "daddr", "from"}, {Ingress, "daddr", "saddr", "to"}}

// chain is named for the Pod, and kept below the 255 characters that the kernel takes.
func chain(s side, pod Isolated) string {
	name := s.chain + "/" + pod.Name
	if len(name) > 200 {
		name = name[:200] + "/" + strings.ReplaceAll(pod.Addresses[0].String(), ":", ".")
	}
	return name
}

func render(out *strings.Builder, s side, rule Rule) {
	port := portMatch(rule.Port)
	switch {
	case rule.Peer.Block.IsValid():
		family := familyOf(rule.Peer.Block.Addr())
		fmt.Fprintf(out, "\t\t%s %s %s ", family, s.peer, rule.Peer.Block)
		for _, except := range rule.Peer.Except {
			fmt.Fprintf(out, "%s %s != %s ", family, s.peer, except)
		}
		fmt.Fprintf(out, "%sreturn\n", port)
	case rule.Peer.Hosts != nil:
		for _, family := range families {
			line(out, "\t\t%s "+s.peer+" { %s } "+port+"return\n", family, of(family, rule.Peer.Hosts))
		}
	default:
		fmt.Fprintf(out, "\t\t%sreturn\n", port)
	}
}

func portMatch(port Port) string {
	protocol := strings.ToLower(string(port.Protocol))
	switch {
	case protocol == "":
		return ""
	case port.First == 0:
		return "meta l4proto " + protocol + " "
	case port.First == port.Last:
		return fmt.Sprintf("%s dport %d ", protocol, port.First)
	default:
		return fmt.Sprintf("%s dport %d-%d ", protocol, port.First, port.Last)
	}
}

func line(out *strings.Builder, format, family string, elements []string) {
	if len(elements) > 0 {
		fmt.Fprintf(out, format, family, strings.Join(elements, ", "))
	}
}

func familyOf(address netip.Addr) string {
	if address.Is4() {
		return "ip"
	}
	return "ip6"
}

func of(family string, addresses []netip.Addr) []string {
	var found []string
	for _, address := range addresses {
		if familyOf(address) == family {
			found = append(found, address.String())
		}
	}
	return found
}
