// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

const (
	inFlux       = "- fluxSecrets: {cluster: management, namespace: n}\n"
	inGreenhouse = "- greenhouse: {cluster: management, namespace: n}\n"
	inSecrets    = "- secrets: {cluster: management, namespace: n, labelSelector: fleet=yes}\n"

	clustersOf       = "/apis/greenhouse.sap/v1alpha1/namespaces/n/clusters"
	kustomizationsOf = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/n/kustomizations"
	releasesOf       = "/apis/helm.toolkit.fluxcd.io/v1/namespaces/n/helmreleases"
)

// appliedWith is the spec of an object that is applied with a Secret.
func appliedWith(secret string) map[string]any {
	return map[string]any{"spec": map[string]any{"kubeConfig": map[string]any{"secretRef": map[string]any{"name": secret}}}}
}

func management(h fakeHost) map[string]fakeHost { return map[string]fakeHost{"management": h} }

func TestDiscover(t *testing.T) {
	t.Parallel()
	all := func(h fakeHost) {
		const region, owner, role = "metadata.greenhouse.sap/region=eu", "greenhouse.sap/owned-by=ops", "metadata.greenhouse.sap/role=control-plane"
		h.secret("a-kubeconfig", "Opaque", "value", reach("a", "ta"), region)
		h.secret("b-kubeconfig", "Opaque", "value.yaml", reach("b", "tb"), role, owner, "fleet=yes")
		h.secret("unrelated", "Opaque", "value", reach("x", "tx"))
		h.secret("-kubeconfig", "Opaque", "value", reach("x", "tx"))
		h.secret("no-key-kubeconfig", "Opaque", "kubeconfig", reach("x", "tx"))
		h.secret("exec-kubeconfig", "Opaque", "value", kubeconfigWith("", "exec: {command: sh}"))
		h.put(clustersOf, "c", map[string]string{"metadata.greenhouse.sap/region": "us", "greenhouse.sap/owned-by": "team"}, nil)
		h.put(clustersOf, "d", nil, nil)
		h.put(clustersOf, "e", nil, nil)
		h.put(clustersOf, "new", nil, nil)
		h.put(clustersOf, "unrelated", nil, nil)
		h.put(secretsOf, "c", map[string]string{"metadata.greenhouse.sap/region": "not-this"}, map[string]any{
			"type": "greenhouse.sap/kubeconfig",
			"data": map[string][]byte{"greenhousekubeconfig": []byte(reach("c", "first")), "kubeconfig": []byte(reach("c", "second"))},
		})
		h.secret("d", "greenhouse.sap/oidc", "greenhousekubeconfig", reach("d", "td"))
		h.secret("e", "greenhouse.sap/kubeconfig", "kubeconfig", reach("e", "te"))
		h.secret("labelled", "Opaque", "kubeconfig", reach("l", "tl"), "fleet=yes")
		h.secret("cut-kubeconfig", "Opaque", "kubeconfig", reach("m", "tm"), "fleet=yes")
	}
	inOrganization := []string{
		"greenhouse: c at c with first c us team",
		"greenhouse: d at d with td d",
		"greenhouse: e at e with te e",
		"greenhouse: new is secret_missing",
		"greenhouse: unrelated is wrong_type",
	}
	for name, tc := range map[string]struct {
		discover string
		byName   bool // the Secrets may not be listed
		want     []string
	}{
		"Flux": {inFlux, false, []string{
			"flux-secret: a at a with ta a eu",
			"flux-secret: b at b with tb control-plane  ops",
			"flux-secret: cut-kubeconfig is no_key",
			"flux-secret: exec-kubeconfig is exec_refused",
			"flux-secret: no-key-kubeconfig is no_key",
		}},
		"Greenhouse":          {inGreenhouse, false, inOrganization},
		"Greenhouse, by name": {inGreenhouse, true, inOrganization},
		"labelled": {inSecrets, false, []string{
			"secret: cut at m with tm cut",
			"secret: labelled at l with tl labelled",
			"secret: b-kubeconfig is no_key",
		}},
		"another suffix": {"- fluxSecrets: {cluster: management, namespace: n, suffix: lated}\n", false, []string{"flux-secret: unre at x with tx unre"}},
		"another key":    {"- secrets: {cluster: management, namespace: n, labelSelector: fleet=yes, key: other}\n", false, []string{"secret: b-kubeconfig is not_a_kubeconfig", "secret: cut-kubeconfig is not_a_kubeconfig", "secret: labelled is not_a_kubeconfig"}},
		"two places":     {"- secrets: {cluster: management, namespace: n, labelSelector: fleet=no}\n- fluxSecrets: {cluster: management, namespace: n, suffix: nrelated}\n", false, []string{"flux-secret: u at x with tx u"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFakeHost(t)
			all(h)
			if tc.byName {
				h.deny(func(verb, path string) bool { return verb == "LIST METADATA" && path == secretsOf })
			}
			s := startSearch(t, management(h), tc.discover, nil)
			s.want(tc.want...)
			if !s.Settled() {
				t.Error("not settled")
			}
			for _, r := range h.Asked() {
				if strings.HasPrefix(r, "LIST /api/v1") {
					t.Errorf("Secrets are listed with their values: %s", r)
				}
			}
		})
	}
}

// TestDiscoveryFollows checks discovery during all changes of a Secret.
func TestDiscoveryFollows(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	s := startSearch(t, management(h), inFlux, nil)
	s.want()
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "one"))
	s.want("flux-secret: a at a with one a")
	found := s.State()[0].Found[0]
	fingerprint := found.Fingerprint(t.Context())

	h.Change(func(s *fakeapi.State) { s.Requests = nil })
	s.rounds(2)
	if diff := cmp.Diff([]string{"LIST METADATA " + secretsOf}, h.Asked()); diff != "" {
		t.Errorf("a Secret that has not changed is read again: %s", diff)
	}

	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "two"))
	s.want("flux-secret: a at a with two a")
	if now := s.State()[0].Found[0]; !now.Equal(found) || found.Fingerprint(t.Context()) == fingerprint {
		t.Error("a rotated token is another cluster, or is not noticed")
	}
	fingerprint = found.Fingerprint(t.Context())
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "two"), "metadata.greenhouse.sap/role=edge")
	s.want("flux-secret: a at a with two edge")
	if now := s.State()[0].Found[0]; now.Equal(found) || found.Fingerprint(t.Context()) != fingerprint {
		t.Error("another role is the same cluster, or another connection")
	}
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "two"))
	s.want("flux-secret: a at a with two a")

	h.secret("a-kubeconfig", "Opaque", "value", kubeconfigWith("", "tokenFile: /t0ken"))
	s.want("flux-secret: a at a with two a", "flux-secret: a-kubeconfig is file_refused")
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "three"))
	s.want("flux-secret: a at a with three a")
	h.Remove(secretsOf, "a-kubeconfig")
	s.want()
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "three"))
	s.want("flux-secret: a at a with three a")
	if s.State()[0].Found[0].Equal(found) {
		t.Error("a cluster that has come back is not followed")
	}
}

// TestManyClusters checks that new Secrets neither displace known ones nor exhaust memory.
func TestManyClusters(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.secret("m-kubeconfig", "Opaque", "value", reach("m", "tm"))
	h.secret("n-kubeconfig", "Opaque", "value", "# "+strings.Repeat("x", maxKubeconfig)+"\n"+reach("n", "tn"))
	s := startSearch(t, management(h), inFlux+"limits: {clustersPerSource: 2}\n", nil)
	first := []string{"flux-secret: m at m with tm m", "flux-secret: n-kubeconfig is too_large"}
	s.want(first...)
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "ta"))
	h.secret("b-kubeconfig", "Opaque", "value", reach("b", "tb"))
	s.want("flux-secret: m at m with tm m", "flux-secret:  is too_many", "flux-secret: n-kubeconfig is too_large", "flux-secret is not up")
	h.Remove(secretsOf, "n-kubeconfig")
	s.want("flux-secret: a at a with ta a", "flux-secret: m at m with tm m", "flux-secret:  is too_many", "flux-secret is not up")
	h.Remove(secretsOf, "m-kubeconfig")
	s.want("flux-secret: a at a with ta a", "flux-secret: b at b with tb b")
}

// TestSecretsWithoutListPermission checks that Secrets that objects refer to are read by name, so that a permission
// with resourceNames suffices.
func TestSecretsWithoutListPermission(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	denied := func(verb, path string) bool {
		return verb == "LIST METADATA" || strings.HasSuffix(path, "/secrets/denied-kubeconfig")
	}
	h.deny(denied)
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "ta"))
	h.secret("b-kubeconfig", "Opaque", "value", reach("b", "tb"))
	h.secret("denied-kubeconfig", "Opaque", "value", reach("c", "tc"))
	h.secret("nobody-kubeconfig", "Opaque", "value", reach("x", "tx"))
	h.put(kustomizationsOf, "one", nil, appliedWith("a-kubeconfig"))
	h.put(kustomizationsOf, "two", nil, appliedWith("a-kubeconfig"))
	h.put(kustomizationsOf, "three", nil, appliedWith("other"))
	h.put(kustomizationsOf, "four", nil, map[string]any{"spec": map[string]any{}})
	h.put(kustomizationsOf, "five", nil, appliedWith("denied-kubeconfig"))
	h.put(kustomizationsOf, "six", nil, appliedWith("gone-kubeconfig"))
	h.put(kustomizationsOf, "evil", nil, appliedWith("../../../m/secrets/x-kubeconfig"))
	s := startSearch(t, management(h), inFlux, nil)
	rest := []string{
		"flux-secret: ../../../m/secrets/x-kubeconfig is invalid_name",
		"flux-secret: denied-kubeconfig is forbidden",
		"flux-secret: gone-kubeconfig is secret_missing",
	}
	s.want(append([]string{"flux-secret: a at a with ta a"}, rest...)...)
	h.put(releasesOf, "one", nil, appliedWith("b-kubeconfig"))
	s.want(append([]string{"flux-secret: a at a with ta a", "flux-secret: b at b with tb b"}, rest...)...)
	h.secret("b-kubeconfig", "Opaque", "value", reach("b", "rotated"))
	s.want(append([]string{"flux-secret: a at a with ta a", "flux-secret: b at b with rotated b"}, rest...)...)
	h.Remove(releasesOf, "one")
	s.want(append([]string{"flux-secret: a at a with ta a"}, rest...)...)

	// A kind that is not served for a moment, and a kind that may no longer be listed.
	h.put(releasesOf, "one", nil, appliedWith("b-kubeconfig"))
	s.want(append([]string{"flux-secret: a at a with ta a", "flux-secret: b at b with rotated b"}, rest...)...)
	h.Serve(releasesOf, "HelmRelease")
	s.want(append(append([]string{"flux-secret: a at a with ta a", "flux-secret: b at b with rotated b", "flux-secret:  is not_served"}, rest...), "flux-secret is not up")...)
	h.Serve(releasesOf, "HelmRelease", "v1")
	h.deny(func(verb, path string) bool { return denied(verb, path) || verb == "LIST" })
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "rotated"))
	s.want(append(append([]string{"flux-secret: a at a with rotated a", "flux-secret: b at b with rotated b", "flux-secret:  is forbidden"}, rest...), "flux-secret is not up")...)

	for _, r := range h.Asked() {
		if strings.HasPrefix(r, "LIST /api/v1") || strings.Contains(r, "/m/") || strings.HasSuffix(r, "nobody-kubeconfig") {
			t.Errorf("asked: %s", r)
		}
	}
}

// TestHostClusterFailures checks that failures of the host cluster remove no known cluster.
func TestHostClusterFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		reason failure.Reason
	}{
		"gone":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ReasonUnreachable},
		"forbidden":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, failure.ReasonForbidden},
		"unauthorized": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, failure.ReasonUnauthorized},
		"not found":    {http.NotFound, ReasonNotServed},
		"gateway":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, ReasonUnreachable},
		"throttled":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, ReasonBadAnswer},
		"HTML":         {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, ReasonBadAnswer},
		"nothing":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }, ReasonBadAnswer},
		"another list": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"kind":"List","items":[]}`)
		}, ReasonBadAnswer},
		"without an end": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"kind":"PartialObjectMetadataList","metadata":{"continue":"x"}}`)
		}, ReasonBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFakeHost(t)
			h.secret("a-kubeconfig", "Opaque", "kubeconfig", reach("a", "one"), "fleet=yes")
			s := startSearch(t, management(h), inSecrets, nil)
			s.want("secret: a at a with one a")
			h.answer(tc.answer)
			lines := []string{"secret: a at a with one a", "secret:  is " + string(tc.reason)}
			if tc.reason == failure.ReasonForbidden {
				lines = append(lines, "secret: a-kubeconfig is forbidden")
			}
			s.want(append(lines, "secret is not up")...)

			again := searchFor(t, s.config, s.Discovery)
			s.stop()
			again.want(append(lines, "secret is not up")...) // also in a new generation
			testutil.Eventually(t, func() (bool, string) { return again.Settled(), "waits for ever" })
			h.secret("a-kubeconfig", "Opaque", "kubeconfig", reach("a", "two"), "fleet=yes")
			h.answer(nil)
			if tc.reason == failure.ReasonForbidden { // remembered for a minute
				again.want("secret: a at a with two a", "secret:  is forbidden", "secret is not up")
				return
			}
			again.want("secret: a at a with two a")
		})
	}
}

// TestLargePages checks that a large annotation hides no other Secret.
func TestLargePages(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.Change(func(s *fakeapi.State) { s.Page = metadataPage })
	h.secret("storage-kubeconfig", "Opaque", "value", reach("storage", "t1"))
	large := map[string]any{"metadata": map[string]any{
		"resourceVersion": "1", "labels": map[string]string{}, "annotations": map[string]string{"note": strings.Repeat("x", MaxObject/8)},
	}}
	for i := range 10 {
		h.put(secretsOf, fmt.Sprintf("large-%d", i), nil, large)
	}
	startSearch(t, management(h), inFlux, nil).want("flux-secret: storage at storage with t1 storage")
}

func TestSlowHost(t *testing.T) {
	t.Parallel()
	slow, quick := newFakeHost(t), newFakeHost(t)
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	slow.answer(func(http.ResponseWriter, *http.Request) { <-end })
	s := startSearch(t, map[string]fakeHost{"management": slow, "other": quick}, inFlux+"- fluxSecrets: {cluster: other, namespace: n}\n", nil)
	s.want("flux-secret is not up")
	for _, token := range []string{"one", "two"} {
		quick.secret("a-kubeconfig", "Opaque", "value", reach("a", token))
		s.want("flux-secret is not up", "flux-secret: a at a with "+token+" a")
	}
	if s.Settled() {
		t.Error("a place that has not answered yet is not waited for")
	}
	s.stop() // at once
}
