// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// TestListPages checks that only selected pods are listed, page by page, and the first page from the cache.
func TestListPages(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	for n := range 7 {
		s.pods = append(s.pods, podObject(fmt.Sprintf("kustomize-controller-%d", n), nil))
	}
	s.pods = append(s.pods, podObject("other", func(metadata, _, _ map[string]any) { metadata["labels"] = map[string]string{"app": "other"} }),
		podObject("flux-operator-1", func(metadata, _, _ map[string]any) {
			metadata["labels"] = map[string]string{"app.kubernetes.io/name": "flux-operator", "app.kubernetes.io/part-of": "flux", "pod-template-hash": "x"} // selected twice
		}))
	s.pages = 3
	conf := podConfig()
	conf.Via = "none"
	p, e := startPods(t, s.cluster, conf, nil)
	p.poll(t.Context())
	if got := servedRows(t, e, podReady.Name); strings.Count(got, "\n") != 8 || strings.Count(got, `component="flux-operator"`) != 1 {
		t.Errorf("rows:\n%s", got)
	}
	asked := slices.DeleteFunc(s.requests(), func(u string) bool { return !strings.Contains(u, "part-of") })
	want := []string{
		"/api/v1/pods?labelSelector=app.kubernetes.io%2Fpart-of%3Dflux&limit=200&resourceVersion=0",
		"/api/v1/pods?continue=3&labelSelector=app.kubernetes.io%2Fpart-of%3Dflux&limit=200",
		"/api/v1/pods?continue=6&labelSelector=app.kubernetes.io%2Fpart-of%3Dflux&limit=200",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if n := len(s.requests()); n != 10 { // eight selectors, one with three pages
		t.Errorf("asked %d times: %q", n, s.requests())
	}
}

// TestSelectorsOfTheConfiguration checks that configured selectors replace the default ones of their system.
func TestSelectorsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("mine", func(metadata, _, _ map[string]any) {
		metadata["labels"] = map[string]string{"mine": "yes", "pod-template-hash": "x"}
	}), podObject("theirs", nil))
	conf := podConfig()
	conf.Via, conf.Selectors = "none", map[string]string{"flux": "mine=yes"}
	p, e := startPods(t, s.cluster, conf, nil)
	p.poll(t.Context())
	if got, want := servedRows(t, e, podReady.Name), `cobaltcore_controller_pod_ready{cluster="management",namespace="flux-system",name="mine",system="flux",component=""} 1`+"\n"; got != want {
		t.Error(got)
	}
	for _, s := range podSelectors(map[string]string{"aurora": "a=b"}) {
		if s.system == "aurora" && s.selector != "a=b" || s.selector == "" {
			t.Errorf("%+v", s)
		}
	}
	for _, system := range config.ControllerSystems() {
		if len(defaultSelectors(system)) == 0 {
			t.Errorf("no selector for %s", system)
		}
	}
}

// TestFailingLists checks that known pods stay for a while before they become unknown.
func TestFailingLists(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   failure.Reason
	}{
		"forbidden":     {apiError(http.StatusForbidden, "Forbidden"), failure.ReasonForbidden},
		"unavailable":   {apiError(http.StatusServiceUnavailable, "ServiceUnavailable"), failure.ReasonHTTP},
		"expired":       {apiError(http.StatusGone, "Expired"), failure.ReasonHTTP},
		"HTML":          {respondWithError(http.StatusOK, "<html>s3cr3t</html>"), failure.ReasonDecode},
		"cut off":       {respondWithError(http.StatusOK, `{"kind":"PodList","items":[{"metadata":{"name":"a"`), failure.ReasonDecode},
		"a Status":      {respondWithError(http.StatusOK, `{"kind":"Status","apiVersion":"v1"}`), failure.ReasonDecode},
		"a wrong value": {respondWithError(http.StatusOK, `{"kind":"PodList","items":[{"metadata":{"name":{"s3cr3t":1}}}]}`), failure.ReasonDecode},
		"no object":     {respondWithError(http.StatusOK, `[]`), failure.ReasonDecode},
		"nothing":       {respondWithError(http.StatusOK, ``), failure.ReasonDecode},
		"for ever":      {respondWithError(http.StatusOK, `{"kind":"PodList","metadata":{"continue":"x"},"items":null}`), failure.ReasonDecode},
		"too many":      {respondWithError(http.StatusOK, `{"kind":"PodList","items":[`+strings.Repeat(`{"metadata":{"name":"a"}},`, maxPods+1)+`{}]}`), failure.ReasonTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStubServer(t)
			s.pods = append(s.pods, podObject("kustomize-controller-1", nil))
			conf := podConfig()
			conf.Via = "none"
			now := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
			const stay = 7 * time.Minute
			p, e := startPods(t, s.cluster, conf, func(s *collectors.Site) { s.Now, s.StaleAfter = func() time.Time { return now }, stay })
			p.poll(t.Context())
			before := servedRows(t, e)
			if strings.Count(before, "\n") != 4 {
				t.Fatal(before)
			}
			s.set(func(s *stubServer) { s.on["/api/v1/pods"] = tc.answer })
			now = now.Add(stay)
			p.poll(t.Context())
			if got := servedRows(t, e, podInfo.Name, podReady.Name, podRestarts.Name, podCreated.Name); got != before {
				t.Errorf("what was known does not stay:\n%s", got)
			}
			want := ""
			for _, system := range slices.Sorted(slices.Values(config.ControllerSystems())) {
				want += fmt.Sprintf("cobaltcore_controller_pods_failing{cluster=\"management\",system=%q,reason=%q} 1\n", system, tc.want)
			}
			now = now.Add(time.Second)
			p.poll(t.Context())
			if diff := cmp.Diff(want, servedRows(t, e)); diff != "" {
				t.Error(diff)
			}
			if s := p.Status(); s.Up || s.Errors[string(tc.want)] != 10 || !p.Settled() {
				t.Errorf("%+v", s)
			}
			s.set(func(s *stubServer) { clear(s.on) })
			p.poll(t.Context())
			if got := servedRows(t, e); got != before || !p.Status().Up {
				t.Errorf("it does not recover:\n%s", got)
			}
		})
	}
}

// FuzzPods checks that any answer of an API server results in a valid exposition.
func FuzzPods(f *testing.F) {
	text, err := json.Marshal(map[string]any{"kind": "PodList", "metadata": map[string]any{"continue": "x"}, "items": []any{podObject("a", nil), podObject("b", nil)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"kind":"PodList","items":[{"metadata":{"name":"a","labels":null,"creationTimestamp":null},"status":{"containerStatuses":[{"lastState":{"terminated":{"reason":"\n\"x"}}}]}},null]}`))
	f.Add([]byte(`{"items":[{"metadata":{"name":"a"},"spec":{"containers":[{"image":":@/","ports":[{"name":"metrics","containerPort":99999999}]}]}}],"kind":"PodList"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := exposition.New(exposition.Options{}, podFamilies()...)
		if err != nil {
			t.Fatal(err)
		}
		g := e.Group(exposition.Key{Cluster: "c"}, podFamilies())
		e.Swap(nil, []*exposition.Group{g})
		rows := g.Rows()
		_, _ = decodePods(strings.NewReader(string(body)), func(p *pod) error {
			if at, ok := p.metricsEndpoint(); ok && (at.port < 1 || at.port > 65535) {
				t.Errorf("port %d", at.port)
			}
			g.Put(rows.Render(p.key(), p.rows))
			return nil
		})
		servedText(t, e)
	})
}
