// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// Three namespaces; `db` calls its ports what `web` calls them, at other numbers.
const scene = `
namespaces:
- {metadata: {name: shop, labels: {team: a}}}
- {metadata: {name: bank, labels: {team: b, tier: gold}}}
- {metadata: {name: bare}}
pods:
- metadata: {name: web, namespace: shop, labels: {app: web}}
  spec: {nodeName: w1, containers: [{ports: [{name: api, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}]}
  status: {podIPs: [{ip: 10.244.1.2}, {ip: "fd00::1:2"}]}
- metadata: {name: db, namespace: shop, labels: {app: db}}
  spec:
    nodeName: w2
    initContainers: [{restartPolicy: Always, ports: [{name: side, containerPort: 99}]}, {ports: [{name: early, containerPort: 98}]}]
    containers: [{ports: [{name: api, containerPort: 5432}]}]
  status: {podIPs: [{ip: 10.244.2.2}, {ip: "fd00::2:2"}]}
- metadata: {name: vault, namespace: bank, labels: {app: web}}
  spec: {nodeName: w2}
  status: {podIPs: [{ip: 10.244.2.3}, {ip: "fd00::2:3"}]}
- metadata: {name: alone, namespace: bare}
  spec: {nodeName: w1}
  status: {podIPs: [{ip: 10.244.1.4}]}
- metadata: {name: host, namespace: shop, labels: {app: web}}
  spec: {nodeName: w1, hostNetwork: true}
  status: {podIPs: [{ip: 198.18.0.11}]}
- metadata: {name: done, namespace: shop, labels: {app: db}}
  spec: {nodeName: w2}
  status: {phase: Succeeded, podIPs: [{ip: 10.244.2.9}]}
- metadata: {name: young, namespace: shop, labels: {app: db}}
  spec: {nodeName: w2}
`

// Each case: policies of namespace shop (spec only), and what they make of connections to web and from it, written
// "peer protocol/port" where a peer is a Pod or an address.
var cases = []struct {
	name         string
	specs        string
	allow, block string // "> peer ..." from web; "< peer ..." to web
}{
	{"no policy at all", `[]`,
		"< db TCP/1; < vault ICMP; > db TCP/1; > 192.0.2.1 UDP/1", ""},
	{"a policy for others", `[{podSelector: {matchLabels: {app: db}}}]`,
		"< db TCP/1; > vault TCP/1", ""},
	{"deny all ingress, types unset", `[{podSelector: {}}]`,
		"> db TCP/5432", "< db TCP/8080; < vault TCP/8080; < db ICMP; < fd00::2:2 TCP/8080"},
	{"types unset with egress rules: both", `[{podSelector: {}, egress: [{}]}]`,
		"> db TCP/1; > 192.0.2.1 ICMP", "< db TCP/8080"},
	{"types unset with empty egress rules: ingress only", `[{podSelector: {}, egress: []}]`,
		"> db TCP/1", "< db TCP/8080"},
	{"type egress alone, ingress rules do not count", `[{podSelector: {}, policyTypes: [Egress], ingress: [{ports: [{port: 1}]}]}]`,
		"< db TCP/8080", "> db TCP/5432; > 192.0.2.1 UDP/53"},
	{"allow all", `[{podSelector: {}, ingress: [{}]}]`,
		"< db TCP/8080; < vault ICMP; < 192.0.2.1 SCTP/1", ""},
	{"empty lists are all", `[{podSelector: {}, ingress: [{from: [], ports: []}]}]`,
		"< vault ICMP; < 192.0.2.1 TCP/8080", ""},
	{"podSelector: own namespace", `[{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}]`,
		"< db TCP/8080; < fd00::2:2 TCP/8080; < db ICMP", "< vault TCP/8080; < 10.244.2.9 TCP/8080"},
	{"an empty podSelector: all of the own namespace, not hosts", `[{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}]`,
		"< db TCP/1", "< vault TCP/1; < 198.18.0.11 TCP/1; < 10.244.2.9 TCP/1"},
	{"namespaceSelector alone", `[{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}]}]}]`,
		"< vault TCP/1", "< db TCP/1; < alone TCP/1; < 192.0.2.1 TCP/1"},
	{"an empty namespaceSelector: every Pod", `[{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}]`,
		"< vault TCP/1; < db TCP/1; < alone TCP/1", "< 192.0.2.1 TCP/1; < 198.18.0.11 TCP/1"},
	{"both together", `[{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}]}]}]`,
		"< db TCP/1", "< vault TCP/1; < alone TCP/1"},
	{"both apart", `[{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {tier: gold}}}, {podSelector: {matchLabels: {app: db}}}]}]}]`,
		"< db TCP/1; < vault TCP/1", "< alone TCP/1"},
	{"matchExpressions", `[{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, x]}]}, ingress: [{from: [
	   {namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [a]}, {key: tier, operator: DoesNotExist}]}}]}]}]`,
		"< alone TCP/1", "< db TCP/1; < vault TCP/1"},
	{"matchExpressions: Exists", `[{podSelector: {matchExpressions: [{key: app, operator: Exists}]}, ingress: [{from: [
	   {namespaceSelector: {matchExpressions: [{key: tier, operator: Exists}]}}]}]}]`,
		"< vault TCP/1", "< db TCP/1; < alone TCP/1"},
	{"a port: TCP by default", `[{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}]`,
		"< vault TCP/8080; < 192.0.2.1 TCP/8080", "< vault TCP/8081; < vault UDP/8080; < vault ICMP"},
	{"a protocol without a port", `[{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}]`,
		"< db UDP/1; < db UDP/65535", "< db TCP/1; < db SCTP/1; < db ICMP"},
	{"SCTP", `[{podSelector: {}, egress: [{ports: [{protocol: SCTP, port: 7}]}]}]`,
		"> db SCTP/7", "> db TCP/7; > db SCTP/8"},
	{"endPort", `[{podSelector: {}, egress: [{ports: [{port: 100, endPort: 102}]}]}]`,
		"> db TCP/100; > db TCP/102", "> db TCP/99; > db TCP/103; > db UDP/101"},
	{"named ports, ingress: the Pod's own", `[{podSelector: {}, ingress: [{ports: [{port: api}, {port: dns, protocol: UDP}]}]}]`,
		"< db TCP/8080; < vault UDP/53", "< db TCP/5432; < db TCP/53; < db UDP/8080"},
	{"a name the Pod has for another protocol", `[{podSelector: {}, ingress: [{ports: [{port: dns}]}]}]`,
		"", "< db TCP/53; < db UDP/53; < db ICMP"},
	{"named ports, egress: the destination's", `[{podSelector: {}, egress: [{to: [{podSelector: {}}], ports: [{port: api}]}]}]`,
		"> db TCP/5432; > fd00::2:2 TCP/5432", "> db TCP/8080; > vault TCP/5432; > 192.0.2.1 TCP/5432"},
	{"named ports, egress, to anyone and to a block", `[{podSelector: {}, egress: [{ports: [{port: side}]}, {to: [{ipBlock: {cidr: 10.244.2.0/24}}], ports: [{port: api}]}]}]`,
		"> db TCP/99; > db TCP/5432", "> fd00::2:2 TCP/5432; > vault TCP/99; > db TCP/98; > 192.0.2.1 TCP/99"},
	{"named beside numbered", `[{podSelector: {}, egress: [{ports: [{port: api}, {port: 7}]}]}]`,
		"> db TCP/5432; > 192.0.2.1 TCP/7", "> 192.0.2.1 TCP/5432; > db TCP/8"},
	{"an init container's port", `[{podSelector: {}, egress: [{ports: [{port: early}]}]}]`,
		"", "> db TCP/98"},
	{"ipBlock with except", `[{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 192.0.0.0/8, except: [192.0.2.0/24, 192.1.0.0/16]}}]}]}]`,
		"> 192.0.3.1 TCP/1; > 192.2.0.1 ICMP", "> 192.0.2.1 TCP/1; > 192.1.9.9 TCP/1; > db TCP/1; > 2001:db8::1 TCP/1"},
	{"ipBlock of IPv6", `[{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "fd00::/64", except: ["fd00::2:0/112"]}}]}]}]`,
		"< fd00::1:9 TCP/1", "< fd00::2:2 TCP/1; < 10.244.2.2 TCP/1; < fd01::1 TCP/1"},
	{"an address in one block's except and in another block", `[{podSelector: {}, ingress: [{from: [
	   {ipBlock: {cidr: 10.0.0.0/8, except: [10.244.0.0/16]}}, {ipBlock: {cidr: 10.244.2.2/32}}]}]}]`,
		"< db TCP/1; < 10.1.1.1 TCP/1", "< vault TCP/1"},
	{"ipBlock holds Pods, too", `[{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}]`,
		"< db TCP/1; < 192.0.2.1 TCP/1; < 198.18.0.11 TCP/1", "< fd00::2:2 TCP/1"},
	{"policies add up", `[{podSelector: {}}, {podSelector: {}, ingress: [{ports: [{port: 1}]}]}, {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 2}]}]}]`,
		"< vault TCP/1; < db TCP/2", "< vault TCP/2; < db TCP/3"},
	{"rules do not mix", `[{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 1}]}, {from: [{namespaceSelector: {matchLabels: {team: b}}}], ports: [{port: 2}]}]}]`,
		"< db TCP/1; < vault TCP/2", "< db TCP/2; < vault TCP/1"},
}

func TestRules(t *testing.T) {
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			cluster := parse(t, test.specs)
			for text, want := range map[string]bool{test.allow: true, test.block: false} {
				for _, connection := range split(text, ";") {
					if got := allowed(t, cluster, connection); got != want {
						t.Errorf("%s: allowed is %v, want %v", connection, got, want)
					}
				}
			}
		})
	}
}

func TestOnlyPodsOfTheNode(t *testing.T) {
	cluster := parse(t, `[{podSelector: {}}]`)
	for node, want := range map[string][]string{"w1": {"shop/web"}, "w2": {"shop/db"}, "cp": nil} {
		var names []string
		for _, pod := range Enforced(cluster, node) {
			names = append(names, pod.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("on %s: %v, want %v", node, names, want)
		}
	}
}

func TestAnAddressBelongsToTheYounger(t *testing.T) {
	cluster := parse(t, `[{podSelector: {}}]`)
	web := slices.IndexFunc(cluster.Pods, func(p *corev1.Pod) bool { return p.Name == "web" })
	heir := cluster.Pods[web].DeepCopy()
	heir.Name, heir.CreationTimestamp.Time = "heir", heir.CreationTimestamp.AddDate(1, 0, 0)
	cluster.Pods = append(cluster.Pods, heir)
	if pods := Enforced(cluster, "w1"); len(pods) != 1 || pods[0].Name != "shop/heir" {
		t.Errorf("%v", pods)
	}
}

func TestRender(t *testing.T) {
	cluster := parse(t, `[{podSelector: {matchLabels: {app: web}}, egress: [{to: [{podSelector: {}}], ports: [{port: api}, {port: 1, endPort: 9, protocol: UDP}]}],
	   ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}}]}, {ports: [{protocol: SCTP}]}]}]`)
	const want = `
		ip saddr . ip daddr { 10.244.1.2 . 10.244.1.2 } accept
		ip6 saddr . ip6 daddr { fd00::1:2 . fd00::1:2 } accept
		ip saddr vmap { 10.244.1.2 : jump from/shop/web }
		ip6 saddr vmap { fd00::1:2 : jump from/shop/web }
		ip daddr vmap { 10.244.1.2 : jump to/shop/web }
		ip6 daddr vmap { fd00::1:2 : jump to/shop/web }
	}
	chain from/shop/web {
		ip daddr { 10.244.1.2, 10.244.2.2 } udp dport 1-9 return
		ip6 daddr { fd00::1:2, fd00::2:2 } udp dport 1-9 return
		ip daddr { 10.244.2.2 } tcp dport 5432 return
		ip6 daddr { fd00::2:2 } tcp dport 5432 return
		ip daddr { 10.244.1.2 } tcp dport 8080 return
		ip6 daddr { fd00::1:2 } tcp dport 8080 return
		counter drop
	}
	chain to/shop/web {
		ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 ip saddr != 10.2.0.0/16 return
		meta l4proto sctp return
		counter drop
	}
}
`
	if got := Render(Enforced(cluster, "w1")); !strings.HasSuffix(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestTheKernelTakesTheLongestName(t *testing.T) {
	pod := Isolated{Name: strings.Repeat("n", 63) + "/" + strings.Repeat("p", 253), Addresses: []netip.Addr{netip.MustParseAddr("fd00::1")}}
	if name := chain(sides[0], pod); len(name) > 255 || !strings.HasSuffix(name, "fd00..1") {
		t.Error(name)
	}
}

func parse(t *testing.T, specs string) Cluster {
	t.Helper()
	var cluster Cluster
	var policies []networkingv1.NetworkPolicySpec
	for text, into := range map[string]any{scene: &cluster, specs: &policies} {
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	for i, spec := range policies {
		policy := &networkingv1.NetworkPolicy{Spec: spec}
		policy.Namespace, policy.Name = "shop", string(rune('a'+i))
		cluster.Policies = append(cluster.Policies, policy)
	}
	return cluster
}

// allowed plays a connection's first packet against the rules of web.
func allowed(t *testing.T, cluster Cluster, connection string) bool {
	t.Helper()
	words := strings.Fields(connection)
	direction := map[string]Direction{"<": Ingress, ">": Egress}[words[0]]
	address := addressOf(t, cluster, words[1])
	protocol, number := words[2], int32(0)
	if name, port, found := strings.Cut(words[2], "/"); found {
		protocol = name
		for _, digit := range port {
			number = number*10 + digit - '0'
		}
	}
	for _, pod := range Enforced(cluster, "w1") {
		if pod.Name != "shop/web" || pod.Rules[direction] == nil {
			continue
		}
		return slices.ContainsFunc(pod.Rules[direction], func(rule Rule) bool {
			its := rule.Port
			ports := its == Port{} || string(its.Protocol) == protocol && (its.First == 0 || its.First <= number && number <= its.Last)
			return ports && rule.Peer.Has(address)
		})
	}
	return true
}

func addressOf(t *testing.T, cluster Cluster, name string) netip.Addr {
	t.Helper()
	for _, pod := range cluster.Pods {
		if pod.Name == name {
			name = pod.Status.PodIPs[0].IP
		}
	}
	address, err := netip.ParseAddr(name)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func split(text, separator string) []string {
	var found []string
	for _, part := range strings.Split(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			found = append(found, part)
		}
	}
	return found
}
