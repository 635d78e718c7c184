// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/pem"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const inNamespace = "COBALTCORE_TEST_SERVICE_ACCOUNT"

// TestBrokenKubeconfigIsNoOtherCluster runs exporters that have a service account, as in a
// pod, in a mount namespace of their own. It is skipped where there are none.
func TestBrokenKubeconfigIsNoOtherCluster(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		brokenKubeconfigIsNoOtherCluster(t)
		return
	}
	t.Parallel()
	self := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	self.Env = append(os.Environ(), inNamespace+"=1")
	self.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := self.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Skipf("no mount namespace here: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

// serviceAccount gives the process the service account of a cluster.
func serviceAccount(t *testing.T, c fakeCluster) {
	t.Helper()
	run, err := filepath.EvalSymlinks("/var/run")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", run, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	s := site{t: t, dir: "/var/run/secrets/kubernetes.io/serviceaccount"}
	s.write("token", "t0ken")
	s.write("ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw})))
	server, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", server.Hostname())
	t.Setenv("KUBERNETES_SERVICE_PORT", server.Port())
}

func brokenKubeconfigIsNoOtherCluster(t *testing.T) {
	here, storage := newFakeCluster(t, "pod"), newFakeCluster(t, "s")
	serviceAccount(t, here)
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
