// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
)

// view is the cluster as the API server tells it, and a sign whenever that changes.
type view struct {
	changed    chan struct{}
	namespaces corelisters.NamespaceLister
	pods       corelisters.PodLister
	policies   networkinglisters.NetworkPolicyLister
}

// watch returns once all has been seen: half a view would open what the rules of an agent before had closed.
func watch(ctx context.Context, client kubernetes.Interface) (*view, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	core, networking := factory.Core().V1(), factory.Networking().V1()
	v := &view{
		changed:    make(chan struct{}, 1),
		namespaces: core.Namespaces().Lister(),
		pods:       core.Pods().Lister(),
		policies:   networking.NetworkPolicies().Lister(),
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { v.notify() },
		UpdateFunc: func(_, _ any) { v.notify() },
		DeleteFunc: func(any) { v.notify() },
	}
	kinds := []cache.SharedIndexInformer{
		core.Namespaces().Informer(), core.Pods().Informer(), networking.NetworkPolicies().Informer(),
	}
	for _, informer := range kinds {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return nil, err
		}
	}
	factory.Start(ctx.Done())
	for kind, seen := range factory.WaitForCacheSync(ctx.Done()) {
		if !seen {
			return nil, errors.New("ended before the API server had listed " + kind.String())
		}
	}
	v.notify()
	return v, nil
}

func (v *view) notify() {
	select {
	case v.changed <- struct{}{}:
	default: // a sign is already up
	}
}

// cluster reads the caches, which never fail.
func (v *view) cluster() Cluster {
	all := labels.Everything()
	namespaces, _ := v.namespaces.List(all)
	pods, _ := v.pods.List(all)
	policies, _ := v.policies.List(all)
	return Cluster{namespaces, pods, policies}
}
