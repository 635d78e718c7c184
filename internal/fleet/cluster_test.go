// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: first
clusters:
- {name: a, cluster: {server: 'https://a.example.com'}}
- {name: b, cluster: {server: 'https://b.example.com'}}
contexts:
- {name: first, context: {cluster: a, user: u}}
- {name: second, context: {cluster: b, user: u}}
- {name: dangling, context: {cluster: c, user: u}}
users:
- {name: u, user: {token: t0ken}}
`

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestConnect(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	t.Setenv("KUBECONFIG", "/does/not/matter")
	dir := t.TempDir()
	good := write(t, filepath.Join(dir, "good.kubeconfig"), kubeconfig)
	broken := write(t, filepath.Join(dir, "broken.kubeconfig"), "clusters: [")
	empty := write(t, filepath.Join(dir, "empty.kubeconfig"), "")
	missing := filepath.Join(dir, "missing.kubeconfig")
	header := write(t, filepath.Join(dir, "header.kubeconfig"), "apiVersion: v1\nkind: Config\n")
	current := write(t, filepath.Join(dir, "current.kubeconfig"), strings.Replace(kubeconfig, "current-context: first\n", "", 1))
	nowhere := write(t, filepath.Join(dir, "nowhere.kubeconfig"), strings.Replace(kubeconfig, "https://a.example.com", "", 1))
	truncated := write(t, filepath.Join(dir, "truncated.kubeconfig"), kubeconfig[:strings.Index(kubeconfig, "contexts:")])
	for name, tc := range map[string]struct {
		cluster Cluster
		host    string
		fails   []string // parts of the error
	}{
		"current context":  {cluster: Cluster{Kubeconfig: good}, host: "https://a.example.com"},
		"chosen context":   {cluster: Cluster{Kubeconfig: good, Context: "second"}, host: "https://b.example.com"},
		"unknown context":  {cluster: Cluster{Kubeconfig: good, Context: "third"}, fails: []string{good, "third"}},
		"dangling context": {cluster: Cluster{Kubeconfig: good, Context: "dangling"}, fails: []string{good}},
		"missing file":     {cluster: Cluster{Kubeconfig: missing}, fails: []string{missing}},
		"broken file":      {cluster: Cluster{Kubeconfig: broken}, fails: []string{broken}},
		"empty file":       {cluster: Cluster{Kubeconfig: empty}, fails: []string{empty}},
		"header only":      {cluster: Cluster{Kubeconfig: header}, fails: []string{header, "no current context"}},
		"no context":       {cluster: Cluster{Kubeconfig: current}, fails: []string{current, "no current context"}},
		"context of one":   {cluster: Cluster{Kubeconfig: current, Context: "second"}, host: "https://b.example.com"},
		"no server":        {cluster: Cluster{Kubeconfig: nowhere}, fails: []string{nowhere, "server"}},
		"truncated":        {cluster: Cluster{Kubeconfig: truncated}, fails: []string{truncated}},
		"not in a cluster": {cluster: Cluster{Source: SourceInCluster}, fails: []string{"in-cluster"}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.cluster.Name = "storage"
			got, err := tc.cluster.Connect(t.Context())
			switch {
			case tc.fails == nil && err != nil:
				t.Fatal(err)
			case tc.fails != nil && err == nil:
				t.Fatal("no error")
			case err == nil:
				if got.Host != tc.host || got.BearerToken != "t0ken" {
					t.Errorf("%s", got)
				}
				return
			}
			for _, part := range append(tc.fails, `cluster "storage"`) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not mention %s", err, part)
				}
			}
			if strings.Contains(err.Error(), "t0ken") {
				t.Error("the error holds a secret")
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	dir := t.TempDir()
	kubeconfig := filepath.Join(dir, "a.kubeconfig")
	cluster := filepath.Join(dir, "fleet", "storage")
	object := filepath.Join(cluster, "deep", "object.yaml")
	byKubeconfig, bySnapshot := Cluster{Kubeconfig: kubeconfig}, Cluster{Snapshot: &snapshot.Dir{Path: cluster}}
	touched := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	var f Fingerprinter
	for _, step := range []struct {
		name    string
		cluster Cluster
		do      func() error
		same    bool
	}{
		{"kubeconfig appears", byKubeconfig, func() error { return os.WriteFile(kubeconfig, nil, 0o600) }, false},
		{"kubeconfig changes", byKubeconfig, func() error { return os.WriteFile(kubeconfig, []byte("a"), 0o600) }, false},
		{"kubeconfig of the same size", byKubeconfig, func() error { return os.WriteFile(kubeconfig, []byte("b"), 0o600) }, false},
		{"kubeconfig is written again", byKubeconfig, func() error { return os.WriteFile(kubeconfig, []byte("b"), 0o600) }, true},
		{"kubeconfig is touched", byKubeconfig, func() error { return os.Chtimes(kubeconfig, touched, touched) }, true},
		{"kubeconfig goes", byKubeconfig, func() error { return os.Remove(kubeconfig) }, false},
		{"directory appears", bySnapshot, func() error { return os.MkdirAll(filepath.Dir(object), 0o700) }, true},
		{"object appears", bySnapshot, func() error { return os.WriteFile(object, []byte("a"), 0o600) }, false},
		{"object grows", bySnapshot, func() error { return os.WriteFile(object, []byte("ab"), 0o600) }, false},
		{"object is touched", bySnapshot, func() error { return os.Chtimes(object, touched, touched) }, false},
		{"object moves", bySnapshot, func() error { return os.Rename(object, filepath.Join(cluster, "object.yaml")) }, false},
		{"snapshot.yaml above", bySnapshot, func() error { return os.WriteFile(filepath.Join(cluster, "..", "snapshot.yaml"), nil, 0o600) }, false},
		{"object goes", bySnapshot, func() error { return os.Remove(filepath.Join(cluster, "object.yaml")) }, false},
		{"directory goes", bySnapshot, func() error { return os.RemoveAll(cluster) }, true},
		{"in-cluster", Cluster{Source: SourceInCluster}, func() error { return nil }, true},
	} {
		before := step.cluster.Fingerprint(t.Context())
		beforeByFile := f.Fingerprint(t.Context(), step.cluster)
		if err := step.do(); err != nil {
			t.Fatal(step.name, err)
		}
		if same := step.cluster.Fingerprint(t.Context()) == before; same != step.same {
			t.Errorf("%s: same is %v", step.name, same)
		}
		if same := f.Fingerprint(t.Context(), step.cluster) == beforeByFile; same != step.same {
			t.Errorf("%s: same is %v according to the file", step.name, same)
		}
	}
}

// TestFingerprinterReadsChangedFiles checks that a kubeconfig is read again only if it was written, or if it names other
// files.
func TestFingerprinterReadsChangedFiles(t *testing.T) {
	dir := t.TempDir()
	kubeconfig, ca := filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "ca.crt")
	c := Cluster{Kubeconfig: kubeconfig}
	old := time.Now().Add(-time.Hour)
	put := func(file, text string, modified time.Time) {
		t.Helper()
		write(t, file, text)
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	config := func(authority string) string {
		return "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'https://a', " + authority + "}}]\n" +
			"contexts: [{name: a, context: {cluster: a}}]\n"
	}
	var f Fingerprinter
	put(kubeconfig, config("certificate-authority-data: YQ=="), old)
	first := f.Fingerprint(t.Context(), c)
	put(kubeconfig, config("certificate-authority-data: Yg=="), old) // which no writer does
	if f.Fingerprint(t.Context(), c) != first {
		t.Error("a file that was not written is read")
	}
	now := time.Now()
	put(kubeconfig, config("certificate-authority-data: Yg=="), now)
	second := f.Fingerprint(t.Context(), c)
	put(kubeconfig, config("certificate-authority-data: Yw=="), now) // the time of a file system with long ticks
	if second == first || f.Fingerprint(t.Context(), c) == second {
		t.Error("a file that was written twice in a short time is not read")
	}
	put(kubeconfig, config("certificate-authority: ca.crt"), old)
	one, _ := clientPair(t, time.Now())
	other, _ := clientPair(t, time.Now())
	put(ca, one, old)
	third := f.Fingerprint(t.Context(), c)
	put(ca, other, old)
	if f.Fingerprint(t.Context(), c) == third {
		t.Error("a file that a kubeconfig names is not read")
	}
}

// TestFingerprintFollowsLinks covers how Kubernetes mounts ConfigMaps.
func TestFingerprintFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "v1", "object.yaml"), "a")
	write(t, filepath.Join(dir, "v2", "object.yaml"), "ab")
	link := filepath.Join(dir, "current")
	if err := os.Symlink("v1", link); err != nil {
		t.Fatal(err)
	}
	c := Cluster{Snapshot: &snapshot.Dir{Path: link}}
	before := c.Fingerprint(t.Context())
	write(t, filepath.Join(dir, "v1", "object.yaml"), "abc")
	if c.Fingerprint(t.Context()) == before {
		t.Error("a file behind a link is not looked at")
	}
	before = c.Fingerprint(t.Context())
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("v2", link); err != nil {
		t.Fatal(err)
	}
	if c.Fingerprint(t.Context()) == before {
		t.Error("a link to another directory is no change")
	}
}

func TestEqual(t *testing.T) {
	base := func() Cluster {
		return Cluster{
			Name: "a", Role: "r", Source: SourceSnapshot, Kubeconfig: "k", Context: "c", WatchList: true,
			Snapshot: &snapshot.Dir{Path: "p", ShiftTime: true},
		}
	}
	for name, tc := range map[string]struct {
		change func(*Cluster)
		equal  bool
	}{
		"copy":         {func(*Cluster) {}, true},
		"name":         {func(c *Cluster) { c.Name = "b" }, false},
		"role":         {func(c *Cluster) { c.Role = "x" }, false},
		"source":       {func(c *Cluster) { c.Source = SourceKubeconfig }, false},
		"kubeconfig":   {func(c *Cluster) { c.Kubeconfig = "x" }, false},
		"region":       {func(c *Cluster) { c.Region = "x" }, false},
		"owner":        {func(c *Cluster) { c.Owner = "x" }, false},
		"credentials":  {func(c *Cluster) { c.Credentials = &Credentials{} }, false},
		"context":      {func(c *Cluster) { c.Context = "x" }, false},
		"watchList":    {func(c *Cluster) { c.WatchList = false }, false},
		"no snapshot":  {func(c *Cluster) { c.Snapshot = nil }, false},
		"path":         {func(c *Cluster) { c.Snapshot.Path = "x" }, false},
		"shifted time": {func(c *Cluster) { c.Snapshot.ShiftTime = false }, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := base(), base()
			tc.change(&b)
			if a.Equal(b) != tc.equal || b.Equal(a) != tc.equal {
				t.Errorf("Equal is %v, and %v the other way round", a.Equal(b), b.Equal(a))
			}
			if diff := cmp.Diff(base(), a); diff != "" {
				t.Errorf("Equal changed its receiver: %s", diff)
			}
		})
	}
	without := base()
	without.Snapshot = nil
	if other := without; !without.Equal(other) {
		t.Error("two without a snapshot differ")
	}
}

func TestFromConfig(t *testing.T) {
	c, err := config.Parse([]byte(`clusters:
- {name: a, role: storage, region: eu, owner: ops, kubeconfig: {path: /k, context: x}, watchList: false}
- {name: b, inCluster: true}
- {name: c, snapshot: {path: dump, shiftTime: false}}
`), "/etc/fleet.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []Cluster{
		{Name: "a", Role: "storage", Region: "eu", Owner: "ops", Source: SourceKubeconfig, Kubeconfig: "/k", Context: "x"},
		{Name: "b", Role: "b", Source: SourceInCluster, WatchList: true},
		{Name: "c", Role: "c", Source: SourceSnapshot, Snapshot: &snapshot.Dir{Path: "/etc/dump"}},
	}
	got := FromConfig(c)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantTargets := &Targets{
		Secrets: map[SecretRef]string{}, Clusters: map[string]bool{"a": true, "b": true, "c": true}, Suffixes: []string{"-kubeconfig"},
	}
	if diff := cmp.Diff(wantTargets, TargetsOf(got)); diff != "" {
		t.Error(diff)
	}
}
