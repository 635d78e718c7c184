// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package newcomer follows the README in a fresh clone of the repository. The suite of the chart
// continues with a cluster.
package newcomer

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// patience is how long anything may take on a busy machine with an empty cache of the compiler.
const patience = 10 * time.Minute

// TestClone clones the commit and runs the first command of the README: it serves metrics and a
// verdict. The log has the times.
func TestClone(t *testing.T) {
	root, err := testutil.RepoRoot()
	must(t, err)
	start := time.Now()
	clone := filepath.Join(t.TempDir(), "clone")
	if out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", "--depth=1", "file://"+root, clone).CombinedOutput(); err != nil {
		t.Logf("git clone: %v, a copy instead\n%s", err, out)
		must(t, os.CopyFS(clone, os.DirFS(root)))
	}
	t.Logf("%.1fs: cloned", time.Since(start).Seconds())
	url := serve(t, clone)
	t.Logf("%.1fs: make run listens", time.Since(start).Seconds())
	get(t, url+"metrics")
	t.Logf("%.1fs: first metrics", time.Since(start).Seconds())
	var report struct {
		Verdict  string
		Findings []struct{ Summary string }
	}
	must(t, json.Unmarshal(get(t, url+"api/v1/report"), &report))
	t.Logf("%.1fs: first verdict: %s, %d findings", time.Since(start).Seconds(), report.Verdict, len(report.Findings))
	if report.Verdict != "down" || len(report.Findings) == 0 {
		t.Errorf("the snapshot fleet is %q, with %d findings", report.Verdict, len(report.Findings))
	}
	if page := string(get(t, url)); !strings.Contains(page, report.Findings[0].Summary) {
		t.Errorf("the page has no %q", report.Findings[0].Summary)
	}
}

// serve runs the command with which the README begins, on a free port, and returns the address of
// the page that it prints.
func serve(t *testing.T, clone string) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(clone, "README.md"))
	must(t, err)
	begin := strings.Join(strings.SplitAfterN(string(readme), "\n", 41)[:40], "")
	command := regexp.MustCompile(`(?m)^    (make run)\b`).FindString(begin)
	if command == "" {
		t.Fatal("the first 40 lines of the README have no make run")
	}
	cmd := exec.Command("sh", "-c", "exec "+strings.TrimSpace(command)+" ADDRESS=127.0.0.1:0")
	cmd.Dir, cmd.SysProcAttr = clone, &syscall.SysProcAttr{Setpgid: true}
	read, write, err := os.Pipe()
	must(t, err)
	cmd.Stdout, cmd.Stderr = write, write
	must(t, cmd.Start())
	must(t, write.Close())
	ended := make(chan error, 1)
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(read)
		var all strings.Builder
		for lines.Scan() {
			all.WriteString(lines.Text() + "\n")
			if url, ok := strings.CutPrefix(lines.Text(), "start "); ok {
				found <- strings.TrimSpace(url)
			}
		}
		_ = cmd.Wait()
		ended <- lines.Err()
		found <- "" // it has ended without an address
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		must(t, <-ended)
		must(t, read.Close())
	})
	select {
	case url := <-found:
		if url == "" {
			t.Fatal("make run has ended")
		}
		return url
	case <-time.After(patience):
		t.Fatal("make run does not listen")
	}
	return ""
}

// get returns a page as soon as it is served.
func get(t *testing.T, url string) (body []byte) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	testutil.Eventually(t, func() (bool, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		must(t, err)
		answer, err := client.Do(r)
		if err != nil {
			return false, err.Error()
		}
		defer func() { _ = answer.Body.Close() }()
		body, err = io.ReadAll(answer.Body)
		return err == nil && answer.StatusCode == http.StatusOK, answer.Status
	})
	return body
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
