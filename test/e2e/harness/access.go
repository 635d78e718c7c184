//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// AccountNamespace is the namespace of the accounts that exporters get in a test.
const AccountNamespace = "monitoring"

// ServiceAccount returns an account in [AccountNamespace].
func ServiceAccount(name string) *unstructured.Unstructured {
	return testbed.NewObject("v1", "ServiceAccount", AccountNamespace, name)
}

// ReaderRole returns a role that may read the kinds of all groups.
func ReaderRole(name string, kinds []string) *unstructured.Unstructured {
	o := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRole", "", name)
	var list []any
	for _, k := range kinds {
		list = append(list, k)
	}
	o.Object["rules"] = []any{map[string]any{"apiGroups": []any{"*"}, "resources": list, "verbs": []any{"get", "list", "watch"}}}
	return o
}

// Login gives the proxy's clients a ServiceAccount that may list the kinds.
func Login(t *testing.T, c *testbed.Cluster, p *testbed.FaultProxy, kinds []string) error {
	binding := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", p.Name)
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": p.Name}
	binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": AccountNamespace, "name": p.Name}}
	if err := c.Apply(t.Context(), ServiceAccount(p.Name), ReaderRole(p.Name, kinds), binding); err != nil {
		return err
	}
	token, err := c.ServiceAccountToken(t.Context(), AccountNamespace, p.Name, time.Hour)
	if err != nil {
		return err
	}
	return p.SetToken(token)
}

// WaitForRefusal waits until the API server refuses the clients of the proxy, because it caches tokens and rules. It
// checks a request only at its begin, so that watches continue for up to ten minutes; their connections are closed
// here.
func WaitForRefusal(t *testing.T, p *testbed.FaultProxy, as func(error) bool) error {
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	kustomizations := schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: testbed.ForbiddenResource}
	if err := testbed.Poll(t.Context(), time.Minute, func(ctx context.Context) error {
		_, err := client.Resource(kustomizations).List(ctx, metav1.ListOptions{Limit: 1})
		if as(err) {
			return nil
		}
		return errors.Join(errors.New("not refused yet"), err)
	}); err != nil {
		return err
	}
	return p.CloseConnections()
}
