// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What a workflow runs is pinned, and it may do no more than its jobs say.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	pinned := regexp.MustCompile(`^\s*(- )?uses: [-\w]+/[-\w]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\n")
			if strings.Contains(line, "uses:") && !strings.Contains(line, "uses: ./") && !pinned.MatchString(line) {
				t.Errorf("%s: not pinned to a commit, with its version behind it: %s", name, line)
			}
		}
		var workflow struct {
			Permissions yaml.Node
			Jobs        map[string]struct {
				Permissions map[string]string
				Uses        string
				Timeout     int `yaml:"timeout-minutes"`
				Steps       []struct {
					Uses string
					With map[string]any
				}
			}
		}
		if err := yaml.Unmarshal(text, &workflow); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if workflow.Permissions.Kind != yaml.MappingNode || len(workflow.Permissions.Content) > 0 {
			t.Errorf("%s: jobs have permissions that they do not ask for; write permissions: {}", name)
		}
		for id, job := range workflow.Jobs {
			if len(job.Permissions) == 0 {
				t.Errorf("%s: job %s has no permissions, not even to read", name, id)
			}
			if job.Timeout == 0 && job.Uses == "" {
				t.Errorf("%s: job %s may run for ever", name, id)
			}
			for _, step := range job.Steps {
				if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
					t.Errorf("%s: job %s leaves its token behind", name, id)
				}
				if cache, ok := step.With["cache"]; strings.HasPrefix(step.Uses, "actions/setup-go@") && job.Permissions["packages"]+job.Permissions["contents"] != "read" && (!ok || cache != false) {
					t.Errorf("%s: job %s publishes what a cache may have changed", name, id)
				}
			}
		}
	}
}

// Every file says whose it is, or REUSE.toml does.
func TestLicences(t *testing.T) {
	toml, err := os.ReadFile("../../REUSE.toml")
	if err != nil {
		t.Fatal(err)
	}
	var annotated []*regexp.Regexp
	for _, m := range regexp.MustCompile(`"([^"]+)",`).FindAllStringSubmatch(string(toml), -1) {
		pattern := regexp.QuoteMeta(m[1])
		pattern = strings.ReplaceAll(strings.ReplaceAll(pattern, `\*\*/`, `(.*/)?`), `\*\*`, `.*`)
		annotated = append(annotated, regexp.MustCompile("^"+strings.ReplaceAll(pattern, `\*`, `[^/]*`)+"$"))
	}
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("only a checkout knows which files belong to the project: %v", err)
	}
files:
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		for _, pattern := range annotated {
			if pattern.MatchString(name) {
				continue files
			}
		}
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if os.IsNotExist(err) { // about to be removed
			continue
		}
		if err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(name, "LICENSE") && !bytes.Contains(text, []byte("SPDX-License-Identifier: Apache-2.0")) {
			t.Errorf("%s has no SPDX header and is not in REUSE.toml", name)
		}
	}
}
