// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestBrokenKubeconfigIsNoOtherCluster checks that an exporter with a service account, as in a pod,
// does not use it in place of a broken kubeconfig.
func TestBrokenKubeconfigIsNoOtherCluster(t *testing.T) {
	testutil.InMountNamespace(t, brokenKubeconfigIsNoOtherCluster)
}

func brokenKubeconfigIsNoOtherCluster(t *testing.T) {
	here, storage := newFakeCluster(t, "pod"), newFakeCluster(t, "s")
	server, err := url.Parse(here.URL)
	if err != nil {
		t.Fatal(err)
	}
	testutil.ServiceAccount(t, "t0ken", here.Certificate(), server.Hostname(), server.Port())
	good := storage.Kubeconfig("t0ken")
	broken := map[string]string{
		"empty": "", "header only": "apiVersion: v1\nkind: Config\n", "nothing": "{}", "comment": "# soon\n", "truncated": good[:len(good)/2],
		"a list": "- apiVersion: v1\n", "only a version": "apiVersion: v1\n",
		"no current context": strings.Replace(good, `"current-context":"c"`, `"current-context":""`, 1),
		"another context":    strings.Replace(good, `"current-context":"c"`, `"current-context":"d"`, 1),
		"no cluster":         strings.Replace(good, `"cluster":"c"`, `"cluster":"d"`, 1),
		"no user":            strings.Replace(good, `"user":"c"`, `"user":"d"`, 1),
		"no server":          strings.Replace(good, storage.URL, "", 1),
	}
	s := newSite(t)
	s.write("fleet.yaml", `clusters:
- {name: here, inCluster: true, watchList: false}
- {name: storage, kubeconfig: {path: storage.kubeconfig}, watchList: false}
discover:
- fluxSecrets: {cluster: here, namespace: n}
  allow: [loopback]
`)
	set := func(text string) {
		s.write("storage.kubeconfig", text)
		here.secret("found-kubeconfig", text)
	}
	const (
		rejected = `cobaltcore_discovery_finding{cluster="here",source="flux-secret",namespace="n",name="found-kubeconfig",reason="`
		invalid  = `cobaltcore_cluster_kubeconfig_invalid_since_timestamp_seconds{cluster="storage"} `
	)
	for name, text := range broken {
		if text == good {
			t.Fatalf("%s: not broken", name)
		}
		set(text)
		e := s.run(often)
		e.wantRows("cluster=here/pod")
		e.wantPrefix(rejected)
		e.wantLine(`cobaltcore_cluster_failing{cluster="storage",reason="config"} 1`)
		if diff := cmp.Diff([]string{"cluster=here/pod"}, e.scrape()); diff != "" {
			t.Errorf("%s, at start: %s", name, diff)
		}
		e.stop()
	}
	set(good)
	e := s.run(often)
	all := []string{"cluster=found/s", "cluster=here/pod", "cluster=storage/s"}
	e.wantRows(all...)
	for _, name := range []string{"empty", "header only", "truncated"} {
		set(broken[name])
		e.wantPrefix(invalid)
		e.wantPrefix(rejected)
		if diff := cmp.Diff(all, e.scrape()); diff != "" {
			t.Errorf("%s, live: %s", name, diff)
		}
		set(good)
		e.wantNoLine(invalid)
		e.wantNoLine("cobaltcore_discovery_finding{")
		e.wantRows(all...)
	}
}
