//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// runWithAccount creates a kubeconfig for the remote account with the commands in the notes of the release, and runs an exporter
// outside the cluster with it.
func runWithAccount(t *testing.T, c *testbed.Cluster, notes string) {
	t.Helper()
	commands := accountCommands(notes)
	comparePage(t, commands)
	fillToken(t, c)
	dir := t.TempDir()
	kubectl, err := testbed.Tool(t.Context(), "kubectl")
	harness.Must(t, err)
	harness.Must(t, os.Symlink(kubectl, filepath.Join(dir, "kubectl")))
	script := strings.NewReplacer("CLUSTER", "storage", "SERVER", c.URL).Replace(strings.Join(commands, "\n"))
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "KUBECONFIG=" + c.Kubeconfig, "PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the commands of the notes: %v\n%s\n%s", err, script, out)
	}
	secret, err := c.Get(t.Context(), testbed.NewObject("v1", "Secret", "default", "cobaltcore-kubeconfigs"))
	harness.Must(t, err)
	if _, ok, _ := unstructured.NestedString(secret.Object, "data", "storage"); !ok {
		t.Error("the Secret has no kubeconfig")
	}
	kubeconfig := filepath.Join(dir, "storage.kubeconfig")
	e := harness.StartExporter(t, fmt.Sprintf("clusters: [{name: storage, kubeconfig: {path: %s}}]\n", kubeconfig))
	e.WaitReady(t)
	all, err := e.Scrape(t.Context())
	harness.Must(t, err)
	checkNothingRefused(t, "storage", all)
}

// fillToken writes the token into its Secret, like the token controller, which does not run here.
func fillToken(t *testing.T, c *testbed.Cluster) {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), chartNamespace, chartName, time.Hour)
	harness.Must(t, err)
	secret := testbed.NewObject("v1", "Secret", chartNamespace, chartName+"-token")
	secret.SetAnnotations(map[string]string{"kubernetes.io/service-account.name": chartName})
	secret.Object["type"] = "kubernetes.io/service-account-token"
	secret.Object["data"] = map[string]any{
		"token": base64.StdEncoding.EncodeToString([]byte(token)), "ca.crt": base64.StdEncoding.EncodeToString(c.Config.CAData),
	}
	harness.Must(t, c.Apply(t.Context(), secret))
}

var accountCommand = regexp.MustCompile(`(?m)^ *((?:TOKEN=|kubectl |config[ (]).*)$`)

// accountCommands returns the commands in a text that make a kubeconfig.
func accountCommands(text string) []string {
	var commands []string
	for _, m := range accountCommand.FindAllStringSubmatch(text, -1) {
		commands = append(commands, m[1])
	}
	return commands
}

// comparePage checks that the documentation of the chart has the same commands, for a release named like the chart and a
// cluster named storage.
func comparePage(t *testing.T, commands []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(chartDir(t), "README.md"))
	harness.Must(t, err)
	_, rest, _ := strings.Cut(string(page), "Create a kubeconfig for this account")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	block, _, _ := strings.Cut(rest, "```")
	got := accountCommands(block)
	for i, command := range commands {
		want := strings.NewReplacer(chartName, "cobaltcore-exporter", "CLUSTER", "storage").Replace(command)
		if i < len(commands)-1 && !slices.Contains(got, want) {
			t.Errorf("the page of the chart lacks %q", want)
		}
	}
	if len(got) != len(commands)-1 || len(got) < 7 {
		t.Errorf("the page of the chart has %d commands, the notes %d", len(got), len(commands))
	}
}
