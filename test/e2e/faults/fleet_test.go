//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// fallbackAfter is the time without a scrape after which the exporter sends alerts itself.
const fallbackAfter = 5 * time.Second

// faultyFleet is a hub and a site with all monitored systems, the exporter, a Prometheus and an Alertmanager.
type faultyFleet struct {
	whole               *testing.T // the test that owns the fleet
	management, storage *testbed.Cluster
	proxy               *testbed.FaultProxy // between the exporter and storage
	secrets             map[string]*testbed.ExternalSecrets
	bao                 *testbed.OpenBao
	token               string // file, of the exporter for OpenBao
	aurora              *testbed.Aurora

	exporter   *harness.Exporter
	address    string              // of the exporter, the same over restarts
	prometheus *testbed.Prometheus // with rules that wait for a sixtieth of their time
	patient    *testbed.Prometheus // with the rules as they are shipped
	alerts     *testbed.Alertmanager
	seeded     time.Time
	noticed    []time.Duration // after each fault
}

// startFaultyFleet starts the fleet and waits until it is healthy.
func startFaultyFleet(t *testing.T) *faultyFleet {
	t.Helper()
	f := &faultyFleet{
		whole:      t,
		management: harness.StartCluster(t, "management"), storage: harness.StartCluster(t, "storage"), secrets: map[string]*testbed.ExternalSecrets{},
		bao: harness.StartOpenBao(t, testbed.OpenBaoOptions{TLS: true}),
	}
	harness.Must(t, f.bao.SeedReference(t.Context()))
	crds, err := testbed.GreenhouseCRDs()
	harness.Must(t, err)
	harness.Must(t, f.management.ApplyCRDs(t.Context(), crds...))
	for _, c := range f.clusters() {
		harness.Must(t, c.ApplyCRDs(t.Context(), harness.FluxCRDs(t)...))
		harness.Must(t, c.Apply(t.Context(), healthyObjects(t, c.Name)...))
		f.secrets[c.Name] = harness.StartExternalSecrets(t, c)
	}
	f.seeded = time.Now()
	harness.Must(t, testbed.SeedSecrets(t.Context(), f.bao, f.clusters()...))
	f.waitSynced(t)
	harness.Must(t, f.bao.WaitVoters(t.Context(), 3))
	f.token = harness.PolicyToken(t, f.bao, harness.Policy())
	f.aurora, err = testbed.StartAurora(t.TempDir(), time.Time{})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, f.aurora.Stop) })
	f.proxy, err = testbed.StartFaultProxy(t.TempDir(), "storage", f.storage)
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, f.proxy.Stop) })
	harness.Must(t, harness.Login(t, f.storage, f.proxy, []string{"*"}))
	ports, err := testbed.FreePorts(1)
	harness.Must(t, err)
	f.address = fmt.Sprintf("127.0.0.1:%d", ports[0])
	f.startAlertmanager(t)
	f.startExporter()
	f.startPrometheus(t)
	return f
}

func (f *faultyFleet) clusters() []*testbed.Cluster {
	return []*testbed.Cluster{f.management, f.storage}
}

// waitSynced waits until stores and secrets have the status with which they were seeded.
func (f *faultyFleet) waitSynced(t *testing.T) {
	t.Helper()
	for _, c := range f.clusters() {
		objs, err := testbed.SecretObjects(f.bao, c.Name)
		harness.Must(t, err)
		harness.Must(t, testbed.WaitSecrets(t.Context(), c, objs...))
	}
}

func (f *faultyFleet) startExporter() {
	f.exporter = harness.StartExporter(f.whole, f.configuration(true), func(o *app.Options) {
		o.ListenAddresses, o.ProbeInterval, o.HealthInterval = []string{f.address}, 2*time.Second, time.Second
		o.Log = slog.New(slog.DiscardHandler) // it outlives the test that starts it again
	})
	f.exporter.WaitReady(f.whole)
}

// configuration returns the configuration of the exporter with or without the site.
func (f *faultyFleet) configuration(site bool) string {
	clusters := "staleAfter: 20s\n" + harness.ConfigFor("", f.management)
	if site {
		clusters += fmt.Sprintf("  - {name: storage, kubeconfig: {path: %s}}\n", f.proxy.Kubeconfig)
	}
	return harness.BaoConfig{OpenBao: f.bao, TokenFile: f.token, Extra: "      details: {interval: 5s}\n      tls: {caFile: " + f.bao.TLS.CAFile + "}\n"}.Config(clusters) +
		"  secretFlow: {interval: 1s}\n" +
		"  controllers: {via: none}\n" +
		fmt.Sprintf("  aurora: [{name: aurora, cluster: management, url: '%s', keystoneURL: '%s', interval: 1s, timeout: 1s, tls: {caFile: %s}}]\n",
			f.aurora.URL, f.aurora.KeystoneURL, f.aurora.CAFile) +
		fmt.Sprintf("alertmanager: {urls: ['%s'], interval: 1s, fallbackAfter: %s}\n", f.alerts.URL, fallbackAfter) +
		scaledOverrides()
}

// forgetAlerts restarts the exporter, so that it drops state that is only in its memory: resolved findings, which the
// report keeps for some time, and the leaders of OpenBao, which faults change more often than in production.
func (f *faultyFleet) forgetAlerts(t *testing.T) {
	t.Helper()
	f.exporter.Stop(t)
	f.startExporter()
}

// rulesDirectory is the directory of the generated rules.
func rulesDirectory(t *testing.T) string {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	return filepath.Join(root, "alerts", "generated")
}

func (f *faultyFleet) startAlertmanager(t *testing.T) {
	t.Helper()
	inhibitions, err := os.ReadFile(filepath.Join(rulesDirectory(t), "inhibit_rules.yaml"))
	harness.Must(t, err)
	f.alerts, err = testbed.StartAlertmanager(harness.WithoutCancel(t), t.TempDir(), testbed.AlertmanagerOptions{
		Config: "route: {receiver: nobody, group_by: [alertname, cluster], group_wait: 1s, group_interval: 1s}\nreceivers: [{name: nobody}]\n" + string(inhibitions),
	})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, f.alerts.Stop) })
}

func (f *faultyFleet) startPrometheus(t *testing.T) {
	t.Helper()
	shipped := filepath.Join(rulesDirectory(t), "cluster", "rules.yaml")
	options := testbed.PrometheusOptions{
		Targets:   []testbed.ScrapeTarget{{Job: "cobaltcore-exporter", URL: f.exporter.URL + "/metrics"}},
		RuleFiles: []string{shipped}, Name: "patient",
	}
	start := func() *testbed.Prometheus {
		p, err := testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), options)
		harness.Must(t, err)
		t.Cleanup(func() { harness.Stop(t, p.Stop) })
		return p
	}
	f.patient = start()
	options.Name, options.RuleFiles, options.Alertmanagers = "hasty", []string{harness.ScaledRules(t, "cluster")}, []string{f.alerts.URL}
	f.prometheus = start()
}

// healthyObjects returns the objects of a healthy cluster. The status has the age in the templates.
func healthyObjects(t *testing.T, cluster string) []*unstructured.Unstructured {
	t.Helper()
	now := time.Now()
	type kustomization struct{ Name, Target, After string }
	functions := template.FuncMap{
		"ago": func(age string) string {
			d, err := time.ParseDuration(age)
			harness.Must(t, err)
			return now.Add(-d).UTC().Format(time.RFC3339)
		},
		"fluxControllers": fluxControllers,
		"secretsControllers": func() []string {
			return []string{"external-secrets", "external-secrets-webhook", "external-secrets-cert-controller"}
		},
		"kustomizations": func() []kustomization {
			return []kustomization{
				{Name: "management"}, {Name: "legacy"},
				{Name: "storage-infrastructure", Target: "storage"},
				{Name: "storage-apps", Target: "storage", After: "storage-infrastructure"},
				{Name: "storage-cr", Target: "storage", After: "storage-apps"},
			}
		},
	}
	dir := filepath.Join("testdata", "faults")
	parsed, err := template.New("").Funcs(functions).ParseFiles(filepath.Join(dir, "common.yaml"), filepath.Join(dir, cluster+".yaml"))
	harness.Must(t, err)
	var out bytes.Buffer
	for _, name := range []string{"common.yaml", cluster + ".yaml"} {
		harness.Must(t, parsed.ExecuteTemplate(&out, name, nil))
		out.WriteString("\n---\n")
	}
	file := filepath.Join(t.TempDir(), "objects.yaml")
	harness.Must(t, os.WriteFile(file, out.Bytes(), 0o600))
	objects, err := testbed.Load(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return objects
}

func fluxControllers() []string {
	return strings.Fields("source-controller kustomize-controller helm-controller notification-controller")
}
