// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

func TestSystemOfWorkload(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pods, own   labels.Set
		configured  map[string]string
		system      string
		componentIs string // according to the labels of the pods
	}{
		"Flux": {
			pods:   labels.Set{"app": "source-controller", "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "source-controller"},
			system: "flux", componentIs: "source-controller",
		},
		"Flux by its own labels alone": {
			pods: labels.Set{"app": "source-watcher"}, own: labels.Set{"app.kubernetes.io/part-of": "flux"}, system: "flux", componentIs: "source-watcher",
		},
		"Flux Operator":                  {pods: labels.Set{"app.kubernetes.io/name": "flux-operator"}, system: "flux", componentIs: "flux-operator"},
		"External Secrets":               {pods: labels.Set{"app.kubernetes.io/name": "external-secrets"}, system: "externalsecrets", componentIs: "external-secrets"},
		"its webhook":                    {pods: labels.Set{"app.kubernetes.io/name": "external-secrets-webhook"}, system: "externalsecrets", componentIs: "external-secrets-webhook"},
		"its cert-controller":            {pods: labels.Set{"app.kubernetes.io/name": "external-secrets-cert-controller"}, system: "externalsecrets", componentIs: "external-secrets-cert-controller"},
		"OpenBao":                        {pods: labels.Set{"app.kubernetes.io/name": "openbao", "component": "server"}, system: "openbao", componentIs: "openbao"},
		"its agent injector":             {pods: labels.Set{"app.kubernetes.io/name": "openbao-agent-injector"}, system: "openbao", componentIs: "openbao-agent-injector"},
		"another operator of OpenBao":    {pods: labels.Set{"app.kubernetes.io/name": "openbao-operator"}},
		"Greenhouse":                     {pods: labels.Set{"app": "greenhouse", "app.kubernetes.io/component": "manager"}, system: "greenhouse", componentIs: "manager"},
		"Greenhouse by its release":      {pods: labels.Set{"app.kubernetes.io/instance": "greenhouse", "app.kubernetes.io/name": "idproxy"}, system: "greenhouse", componentIs: "idproxy"},
		"Aurora":                         {pods: labels.Set{"app.kubernetes.io/name": "aurora-dashboard"}, system: "aurora", componentIs: "aurora-dashboard"},
		"Aurora with an old label":       {pods: labels.Set{"name": "aurora"}, system: "aurora", componentIs: "aurora"},
		"no system":                      {pods: labels.Set{"k8s-app": "kube-dns"}},
		"no labels":                      {},
		"no labels and anything goes":    {configured: map[string]string{"aurora": "!x"}},
		"a selector of the user's":       {pods: labels.Set{"tier": "ui"}, configured: map[string]string{"aurora": "tier=ui"}, system: "aurora"},
		"in the place of ours":           {pods: labels.Set{"name": "aurora"}, configured: map[string]string{"aurora": "tier=ui"}},
		"of one system only":             {pods: labels.Set{"app": "greenhouse"}, configured: map[string]string{"aurora": "tier=ui"}, system: "greenhouse", componentIs: "greenhouse"},
		"what two select is the first's": {pods: labels.Set{"app": "greenhouse"}, configured: map[string]string{"flux": "app"}, system: "flux", componentIs: "greenhouse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := systemOf(matchers(tc.configured), tc.pods, tc.own); got != tc.system {
				t.Errorf("system %q, want %q", got, tc.system)
			}
			if got := componentOf(tc.pods); tc.system != "" && got != tc.componentIs {
				t.Errorf("component %q, want %q", got, tc.componentIs)
			}
		})
	}
}

// TestEverySystemHasSelectors also checks that the selectors are valid.
func TestEverySystemHasSelectors(t *testing.T) {
	t.Parallel()
	var got []string
	n := 0
	for _, m := range matchers(nil) {
		got = append(got, m.system)
	}
	for _, system := range config.ControllerSystems() {
		n += len(defaultSelectors(system))
	}
	if diff := cmp.Diff(config.ControllerSystems(), slices.Compact(slices.Clone(got))); diff != "" || len(got) != n {
		t.Errorf("%d of %d selectors are for %s", len(got), n, diff)
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"":                                       "",
		"openbao":                                "",
		"openbao:2.4.1":                          "2.4.1",
		"registry.example.com:5000/a/b":          "",
		"registry.example.com:5000/a/b:v1":       "v1",
		"registry.example.com/a/b:v1@sha256:ab":  "v1",
		"registry.example.com:5000/b@sha256:abc": "",
	} {
		if got := imageTag(image); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}
