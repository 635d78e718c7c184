// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(collecting{m}) }

// collecting runs the garbage collector after the tests. client-go ends the goroutine that rereads a client certificate
// only when its transport is collected.
type collecting struct{ *testing.M }

func (c collecting) Run() int {
	defer runtime.GC()
	return c.M.Run()
}

func TestTarget(t *testing.T) {
	found := func(namespace, name string) *Credentials {
		return &Credentials{Secret: SecretRef{"management", namespace, name}}
	}
	targets := TargetsOf([]Cluster{
		{Name: "management"}, {Name: "storage"}, {Name: "odd-kubeconfig"}, {Name: "-kubeconfig"},
		{Name: "edge", Credentials: found("n", "tenant")}, {Name: "far", Credentials: found("n", "storage-kubeconfig")},
	}, ".conf", DefaultSuffix)
	for name, tc := range map[string]struct {
		cluster, kind, namespace string // by default management, Secret, n
		reference, want          string
		targets                  *Targets
	}{
		"no reference is the own cluster":      {reference: "", targets: targets, want: "management"},
		"cluster and suffix":                   {reference: "storage-kubeconfig", namespace: "other", targets: targets, want: "storage"},
		"the Secret it was found in":           {reference: "tenant", targets: targets, want: "edge"},
		"… comes before the name":              {reference: "storage-kubeconfig", targets: targets, want: "far"},
		"… is in its namespace":                {reference: "tenant", namespace: "other", targets: targets, want: "tenant"},
		"… is in its cluster":                  {cluster: "storage", reference: "tenant", targets: targets, want: "tenant"},
		"a ConfigMap of that name is not it":   {kind: "ConfigMap", reference: "tenant", targets: targets, want: "tenant"},
		"a ConfigMap goes by its name":         {kind: "ConfigMap", reference: "storage-kubeconfig", targets: targets, want: "storage"},
		"the own cluster and suffix":           {reference: "management-kubeconfig", targets: targets, want: "management"},
		"bare cluster":                         {reference: "storage", targets: targets, want: "storage"},
		"unknown keeps its name":               {reference: "elsewhere", targets: targets, want: "elsewhere"},
		"suffix on unknown keeps the whole":    {reference: "arbiter-kubeconfig", targets: targets, want: "arbiter-kubeconfig"},
		"nothing but the suffix":               {reference: "-kubeconfig", targets: targets, want: "-kubeconfig"},
		"a cluster whose name has the suffix":  {reference: "odd-kubeconfig", targets: targets, want: "odd-kubeconfig"},
		"the same and the suffix":              {reference: "odd-kubeconfig-kubeconfig", targets: targets, want: "odd-kubeconfig"},
		"another suffix":                       {reference: "storage-token", targets: targets, want: "storage-token"},
		"no fleet":                             {reference: "storage-kubeconfig", want: "storage-kubeconfig"},
		"no fleet, no reference":               {want: "management"},
		"another convention":                   {reference: "storage.conf", targets: targets, want: "storage"},
		"no convention, bare cluster":          {reference: "storage", targets: &Targets{Clusters: targets.Clusters}, want: "storage"},
		"no convention, suffix of the default": {reference: "storage-kubeconfig", targets: &Targets{Clusters: targets.Clusters}, want: "storage-kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			v := View{Cluster: cmp.Or(tc.cluster, "management"), Targets: tc.targets}
			got := v.Target(Reference{Kind: cmp.Or(tc.kind, KindSecret), Namespace: cmp.Or(tc.namespace, "n"), Name: tc.reference})
			if got != tc.want {
				t.Errorf("%q is applied to %q, want %q", tc.reference, got, tc.want)
			}
		})
	}
}

func TestTargetsEqual(t *testing.T) {
	a := func() *Targets { return TargetsOf([]Cluster{{Name: "a"}, {Name: "b"}}) }
	for name, tc := range map[string]struct {
		one, other *Targets
		want       bool
	}{
		"same":           {a(), a(), true},
		"another order":  {a(), TargetsOf([]Cluster{{Name: "b"}, {Name: "a"}}), true},
		"one more":       {a(), TargetsOf([]Cluster{{Name: "a"}, {Name: "b"}, {Name: "c"}}), false},
		"another suffix": {a(), TargetsOf([]Cluster{{Name: "a"}, {Name: "b"}}, ".conf"), false},
		"a Secret":       {a(), TargetsOf([]Cluster{{Name: "a"}, {Name: "b", Credentials: &Credentials{Secret: SecretRef{Name: "x"}}}}), false},
		"none":           {a(), nil, false},
		"none at all":    {nil, nil, true},
	} {
		if tc.one.Equal(tc.other) != tc.want || tc.other.Equal(tc.one) != tc.want {
			t.Errorf("%s: not %v", name, tc.want)
		}
	}
}
