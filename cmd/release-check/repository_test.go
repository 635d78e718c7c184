// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestWorkflows: actions are pinned, and permissions are declared for each job.
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

// TestLicences: every file has its licence in a header or in REUSE.toml.
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
	root := filepath.Join("..", "..")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case name == ".git" || name == "bin" || name == "dist": // what .gitignore leaves out
			return filepath.SkipDir
		case d.IsDir() || slices.ContainsFunc(annotated, func(r *regexp.Regexp) bool { return r.MatchString(name) }) || strings.HasPrefix(name, "LICENSE"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && !bytes.Contains(text, []byte("SPDX-License-Identifier: Apache-2.0")) {
			t.Errorf("%s has no SPDX header and is not in REUSE.toml", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Dependabot looks at every module of Go, every package of npm and the Dockerfile, whose base
// is pinned.
func TestDependencies(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
		}
	}
	text, err := os.ReadFile("../../.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	covered := func(ecosystem, directory string) bool {
		for _, u := range config.Updates {
			for _, pattern := range append(u.Directories, u.Directory) {
				if match, _ := path.Match(pattern, directory); match && u.Ecosystem == ecosystem {
					return true
				}
			}
		}
		return false
	}
	files, err := exec.CommandContext(t.Context(), "git", "-C", "../..", "ls-files", "*go.mod", "*package.json", "*Dockerfile").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(files)) {
		ecosystem := map[string]string{"go.mod": "gomod", "package.json": "npm", "Dockerfile": "docker"}[path.Base(name)]
		if directory := path.Join("/", path.Dir(name)); !covered(ecosystem, directory) {
			t.Errorf("Dependabot does not look at %s", name)
		}
	}
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(dockerfile)) {
		if strings.HasPrefix(line, "FROM ") && line != "FROM scratch\n" && !regexp.MustCompile(`@sha256:[0-9a-f]{64} `).MatchString(line) {
			t.Errorf("not pinned to a digest: %s", line)
		}
	}
}

// The matrix of the nightly fuzzing has every target.
func TestFuzzTargets(t *testing.T) {
	listed, err := exec.CommandContext(t.Context(), "make", "-s", "--no-print-directory", "-C", "../..", "fuzz-targets").Output()
	if err != nil {
		t.Fatal(err)
	}
	target := regexp.MustCompile(`(?m)^func (Fuzz\w*)\(\w+ \*testing\.F\)`)
	var want []string
	for _, root := range []string{"internal", "collectors", "cmd", "alerts", "dashboards"} {
		err := filepath.WalkDir(filepath.Join("../..", root), func(name string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			for _, m := range target.FindAllSubmatch(text, -1) {
				want = append(want, strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "../../")+":"+string(m[1]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	got := strings.Fields(string(listed))
	slices.Sort(got)
	if len(want) < 40 || !slices.Equal(want, got) {
		t.Errorf("make fuzz-targets prints\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
