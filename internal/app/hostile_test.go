// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// hostilePlaces returns functions that write a configuration with a path in each place in which a user can name a file.
func hostilePlaces() map[string]func(s site, path string) {
	kubeconfig := func(cluster, user string) func(site, string) {
		return func(s site, path string) {
			s.write("k.kubeconfig", fmt.Sprintf(`{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', `+cluster+`}}], users: [{name: u, user: {`+user+`}}]}`, path))
			s.configure("", "a", "b")
			s.edit("fleet.yaml", "clusters:\n", "clusters:\n- {name: k, kubeconfig: {path: k.kubeconfig}}\n")
		}
	}
	return map[string]func(s site, path string){
		"configuration": func(s site, path string) { s.link(path, "fleet.yaml") },
		"rules":         func(s site, path string) { s.configure(fmt.Sprintf("rules: {files: [%q]}\n", path), "a", "b") },
		"kubeconfig": func(s site, path string) {
			s.configure("", "a", "b")
			s.edit("fleet.yaml", "clusters:\n", fmt.Sprintf("clusters:\n- {name: k, kubeconfig: {path: %q}}\n", path))
		},
		"CA":                 kubeconfig("certificate-authority: %q", ""),
		"client certificate": kubeconfig("", "client-certificate: %q, client-key: k.kubeconfig"),
		"client key":         kubeconfig("", "client-certificate: k.kubeconfig, client-key: %q"),
		"token":              kubeconfig("", "tokenFile: %q"),
		"snapshot": func(s site, path string) {
			s.link(path, "c/hostile.yaml")
			s.configure("", "a", "b", "c")
		},
		"snapshot.yaml": func(s site, path string) {
			s.link(path, "c/snapshot.yaml")
			s.configure("", "a", "b", "c")
		},
		"password": func(s site, path string) {
			s.configure(fmt.Sprintf("alertmanager: {urls: ['http://127.0.0.1:1'], interval: 1s, basicAuth: {username: u, passwordFile: %q}}\n", path), "a", "b")
		},
		"OpenBao": func(s site, path string) {
			s.configure(fmt.Sprintf("collectors: {openbao: [{name: o, cluster: a, interval: 1s, nodes: ['https://127.0.0.1:1'], auth: {tokenFile: %[1]q}, tls: {caFile: %[1]q}}]}\n", path), "a", "b")
		},
	}
}

// link replaces a file by a symbolic link, as in mounted ConfigMaps and Secrets.
func (s site) link(target, name string) {
	s.t.Helper()
	if err := os.Symlink(target, s.file(name+".new")); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(s.file(name+".new"), s.file(name)); err != nil {
		s.t.Fatal(err)
	}
}

// stopTime is the deadline for the exporter to end on a busy machine. Before the fix, it never ended.
const stopTime = testutil.Deadline

// TestHostileFiles checks that a file that cannot be read does not remove the rows of other
// clusters, neither at a reload nor later, and that the exporter still ends in time.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for place, write := range hostilePlaces() {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			s := twoClusters(t)
			e := s.run()
			before := []string{"cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2"}
			e.wantRows(before...)
			for kind, path := range testutil.HostileFiles(t) {
				t.Log(kind)
				if kind == "a missing file" && place == "snapshot.yaml" {
					continue // the file is optional
				}
				write(s, path)
				select {
				case e.reload <- syscall.SIGHUP:
				case <-time.After(testutil.Deadline):
					t.Fatalf("%s blocks the reload", kind)
				}
				e.wantRows(before...)
				if place == "configuration" || place == "rules" {
					e.wantLine("cobaltcore_config_last_reload_successful 0")
				}
			}
			began := time.Now()
			e.stop()
			if took := time.Since(began); took > stopTime {
				t.Errorf("it ended after %v", took)
			}
		})
	}
}

// TestHostileFilesInAReport checks that a report ends soon after its timeout.
func TestHostileFilesInAReport(t *testing.T) {
	t.Parallel()
	const timeout = time.Second
	for place, write := range hostilePlaces() {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			for kind, path := range testutil.HostileFiles(t) {
				s := twoClusters(t)
				write(s, path)
				ctx, cancel := context.WithTimeout(t.Context(), 2*testutil.Deadline)
				began := time.Now()
				_, err := Report(ctx, ReportOptions{
					Options: Options{ConfigFile: s.file("fleet.yaml"), Log: slog.New(slog.DiscardHandler)}, Timeout: timeout, Progress: io.Discard,
				})
				took := time.Since(began)
				cancel()
				if invalid := place == "configuration" || place == "rules"; invalid != (err != nil) {
					t.Errorf("%s: error %v", kind, err)
				}
				if took > timeout+stopTime {
					t.Errorf("%s: it took %v", kind, took)
				}
			}
		})
	}
}
