// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoClusters returns a site with the clusters a and b. The objects of cluster c exist, but c is
// not configured.
func twoClusters(t *testing.T) site {
	s := newSite(t)
	for _, c := range []string{"a", "b", "c"} {
		s.objects(c+"/objects.yaml", c+"1", c+"2")
	}
	s.configure("", "a", "b")
	return s
}

func TestReload(t *testing.T) {
	t.Parallel()
	for name, reload := range map[string]func(*exporter){
		"signal": func(e *exporter) { e.reload <- syscall.SIGHUP },
		"POST": func(e *exporter) {
			if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
				e.t.Fatalf("%d %s", code, body)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := twoClusters(t)
			e := s.run()
			e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2")
			s.configure("", "a", "b", "c")
			reload(e)
			e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2", "cluster=c/c1", "cluster=c/c2")
			s.configure("", "a", "c")
			reload(e)
			e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=c/c1", "cluster=c/c2")
			s.configure("clusterLabel: clusterName\n", "a", "c")
			reload(e)
			e.wantRows("clusterName=a/a1", "clusterName=a/a2", "clusterName=c/c1", "clusterName=c/c2")
		})
	}
}

// TestReloadIsOneStep scrapes continuously while clusters are removed and the label changes. Every response has the
// complete rows before or after the change, including the rows of clusters that are not removed.
func TestReloadIsOneStep(t *testing.T) {
	t.Parallel()
	s := twoClusters(t)
	s.configure("", "a", "b", "c")
	e := s.run()
	all := []string{"cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2", "cluster=c/c1", "cluster=c/c2"}
	without := []string{"cluster=a/a1", "cluster=a/a2", "cluster=c/c1", "cluster=c/c2"}
	renamed := []string{"clusterName=a/a1", "clusterName=a/a2", "clusterName=c/c1", "clusterName=c/c2"}
	filtered := []string{"clusterName=c/c2"}
	e.wantRows(all...)

	done := make(chan struct{})
	var scrapers sync.WaitGroup
	for range 4 {
		scrapers.Go(func() {
			for last := 0; ; {
				select {
				case <-done:
					return
				default:
				}
				got := e.scrape()
				i := slices.IndexFunc([][]string{all, without, renamed}, func(want []string) bool { return cmp.Equal(want, got) })
				if i < last {
					t.Errorf("%v after stage %d", got, last)
					return
				}
				last = i
			}
		})
	}
	for _, step := range []struct {
		more     string
		clusters []string
		want     []string
	}{
		{"", []string{"a", "c"}, without},
		{"clusterLabel: clusterName\n", []string{"a", "c"}, renamed},
	} {
		s.configure(step.more, step.clusters...)
		if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
			t.Errorf("%d %s", code, body)
		}
		if diff := cmp.Diff(step.want, e.scrape()); diff != "" {
			t.Errorf("not at once: %s", diff)
		}
	}
	close(done)
	scrapers.Wait()
	if code, _ := e.ask(http.MethodGet, "/metrics?cluster[]=b"); code != http.StatusBadRequest {
		t.Errorf("a cluster that has gone can be asked for: %d", code)
	}
	_, body := e.ask(http.MethodGet, "/metrics?cluster[]=c")
	if got := rows(body); !slices.Contains(got, filtered[0]) || len(got) != 2 {
		t.Error(got)
	}
}

func TestReloadOfInvalidFileChangesNothing(t *testing.T) {
	t.Parallel()
	s := twoClusters(t)
	e := s.run()
	before := []string{"cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2"}
	e.wantRows(before...)
	e.wantLine("cobaltcore_config_last_reload_successful 1")
	for name, tc := range map[string]struct{ text, message string }{
		"no YAML":         {"clusters: [", "fleet.yaml:1: not valid YAML"},
		"unknown key":     {"cluster: []", `fleet.yaml:1: unknown key "cluster"`},
		"two of a name":   {"clusters:\n- {name: a, snapshot: {path: a}}\n- {name: a, snapshot: {path: b}}", "already taken"},
		"unknown family":  {"clusters: [{name: a, snapshot: {path: a}}]\nmetrics: {include: [flux_nothing_info]}", "fleet.yaml:2: metrics.include[0]: there is no metric family"},
		"reserved label":  {"clusterLabel: kind\nclusters: [{name: a, snapshot: {path: a}}]", `the label "kind" is already used`},
		"no longer there": {"", "no such file"},
	} {
		s.write("fleet.yaml", tc.text)
		if tc.text == "" {
			if err := os.Remove(s.file("fleet.yaml")); err != nil {
				t.Fatal(err)
			}
		}
		code, body := e.ask(http.MethodPost, "/-/reload")
		if code != http.StatusInternalServerError || !strings.HasPrefix(body, "reload: ") || !strings.Contains(body, tc.message) {
			t.Errorf("%s: %d %s", name, code, body)
		}
		e.wantLine("cobaltcore_config_last_reload_successful 0")
		if diff := cmp.Diff(before, e.scrape()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	s.configure("", "a")
	if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK || body != "reloaded\n" {
		t.Errorf("%d %s", code, body)
	}
	e.wantLine("cobaltcore_config_last_reload_successful 1")
	e.wantRows("cluster=a/a1", "cluster=a/a2")
}

func TestConfigurationFileIsFollowed(t *testing.T) {
	t.Parallel()
	s := twoClusters(t)
	e := s.run()
	e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2")
	s.configure("", "b")
	e.wantRows("cluster=b/b1", "cluster=b/b2")
	s.write("fleet.yaml", "clusters: [")
	e.wantLine("cobaltcore_config_last_reload_successful 0")
	e.wantRows("cluster=b/b1", "cluster=b/b2")
}

func TestSnapshotsAreFollowed(t *testing.T) {
	t.Parallel()
	s := twoClusters(t)
	e := s.run()
	e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2")
	s.objects("a/more/added.yaml", "a3")
	e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=a/a3", "cluster=b/b1", "cluster=b/b2")
	s.objects("a/more/added.yaml", "renamed")
	e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=a/renamed", "cluster=b/b1", "cluster=b/b2")
	if err := os.Remove(s.file("a/objects.yaml")); err != nil {
		t.Fatal(err)
	}
	e.wantRows("cluster=a/renamed", "cluster=b/b1", "cluster=b/b2")
	s.write("b/objects.yaml", "kind: [")
	e.wantLine(fmt.Sprintf("cobaltcore_cluster_failing{cluster=%q,reason=%q} 1", "b", "config"))
	e.wantRows("cluster=a/renamed", "cluster=b/b1", "cluster=b/b2")
}
