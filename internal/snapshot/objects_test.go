// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestReadObjects reads all files of a directory, in order.
func TestReadObjects(t *testing.T) {
	t.Parallel()
	pod := func(name string) string {
		return `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "` + name + `"}}` + "\n"
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.yaml":               pod("a") + "---\n" + `{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}}`,
		"b/list.json":          `{"apiVersion": "v1", "kind": "PodList", "items": [` + pod("b") + `, {"metadata": {"name": "untyped"}}]}`,
		"flow.yaml":            "{apiVersion: v1, kind: Pod, metadata: {name: flow}}\n",
		"controllers/x/a.prom": "no_object 1\n",
		MetaFile:               "takenAt: 2026-11-23T09:00:00Z\n",
		"c.yaml":               pod("c"),
	} {
		if err := new(Writer).Write(filepath.Join(dir, name), []byte(text), false); err != nil {
			t.Fatal(err)
		}
	}
	objects, err := ReadObjects(t.Context(), dir)
	if len(objects) != 2 {
		t.Errorf("%d kinds", len(objects))
	}
	var got []string
	for _, object := range objects[schema.GroupKind{Kind: "Pod"}] {
		var o struct{ Metadata struct{ Name string } }
		if object.Raw == nil {
			o.Metadata.Name = "a list in " + filepath.Base(object.File)
		} else if err := json.Unmarshal(object.Raw, &o); err != nil {
			t.Error(err)
		}
		got = append(got, o.Metadata.Name)
	}
	if diff := cmp.Diff([]string{"a", "a list in list.json", "b", "untyped", "c", "flow"}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := ReadObjects(t.Context(), filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("a directory that does not exist: %v", err)
	}
}

// TestReadErrorsNameFileAndLine checks that errors have the file and the line.
func TestReadErrorsNameFileAndLine(t *testing.T) {
	t.Parallel()
	const thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: x\n"
	for name, tc := range map[string]struct{ file, text, want string }{
		"kubectl, unknown kind":     {"a.yaml", "error: the server doesn't have a resource type \"kustomization\"\n", "a.yaml:1: a kubectl error message, not an object"},
		"kubectl, forbidden":        {"a.yaml", "\n\nError from server (Forbidden): things is forbidden: User \"a\" cannot list\n", "a.yaml:3: a kubectl error message, not an object"},
		"kubectl, connection":       {"a.json", "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n", "a.json:1: a kubectl error message, not an object"},
		"kubectl after an object":   {"a.yaml", thing + "---\nUnable to connect to the server: dial tcp: i/o timeout\n", "a.yaml:6: a kubectl error message, not an object"},
		"an answer of the API":      {"a.json", "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\"}\n", "a.json:1: an API server error, not an object"},
		"text":                      {"a.yaml", thing + "--- # next\nNo resources found\n", "a.yaml:6: not a Kubernetes object"},
		"a list of YAML":            {"a.yaml", "- a\n- b\n", "a.yaml:1: not a Kubernetes object"},
		"another mapping":           {"a.yaml", "key: value\n", "a.yaml:1: not a Kubernetes object: it has no apiVersion and kind"},
		"no kind":                   {"a.yaml", "apiVersion: example.com/v1\n", "a.yaml:1: not a Kubernetes object: it has no apiVersion and kind"},
		"apiVersion":                {"a.yaml", "apiVersion: a/b/c\nkind: Thing\n", "a.yaml:1: not a Kubernetes object: unexpected GroupVersion string: a/b/c"},
		"YAML cut off in a mapping": {"a.yaml", thing + "---\n" + thing + "spec:\n  interval: 10m\n  pa", "a.yaml:12: not YAML: could not find expected ':'"},
		"YAML cut off in a text":    {"a.yaml", thing + "spec:\n  path: \"./apps\n", "a.yaml:6: not YAML: found unexpected end of stream"},
		"a list of kubectl cut off": {"a.yaml", "apiVersion: v1\nitems:\n- apiVersion: example.com/v1\n  kind: Thing\n", "a.yaml:1: a list without kind: the file is cut off"},
		"JSON cut off":              {"a.json", "{\"apiVersion\": \"v1\",\n\"items\": [\n{\"kind\": \"Pod\",\n", "a.json:3: not JSON: the file is cut off"},
		"JSON cut off in a stream":  {"a.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n\n{\"kin", "a.json:3: not JSON: the file is cut off"},
		"broken JSON":               {"a.json", "{\"apiVersion\": \"v1\",\n\"kind\": Pod]", "a.json:2: not JSON: invalid character 'P' at start of value"},
		"binary":                    {"a.yaml", "\x00\x01\x02", "a.yaml:1: not YAML: control characters are not allowed"},
		"empty":                     {"a.yaml", "", "a.yaml:1: the file is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tc.file), []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadObjects(t.Context(), dir)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tc.want, strings.TrimPrefix(err.Error(), dir+string(filepath.Separator))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReadRefusesPipes checks that a pipe, which would never end, is refused.
func TestReadRefusesPipes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink(os.DevNull, filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadObjects(t.Context(), dir); err == nil || !strings.HasSuffix(err.Error(), "a.yaml: not a regular file") {
		t.Errorf("%v", err)
	}
}

// TestAnswerFilesAreDistinct checks that endpoints with similar names have different files.
func TestAnswerFilesAreDistinct(t *testing.T) {
	t.Parallel()
	dir, w := t.TempDir(), Writer{}
	long := ""
	for range 100 {
		long += "abc/"
	}
	endpoints := []string{"sys/health", "kv/a-b", "kv/a/b", "kv/", long, long + "x"}
	for _, e := range endpoints {
		if err := w.WriteAnswer(dir, e, []byte(`{"_status": 200, "of": "`+e+`"}`), true); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range endpoints {
		status, body, err := ReadAnswer(t.Context(), dir, e, nil)
		if want := `{"_status": 200, "of": "` + e + `"}`; err != nil || status != 200 || string(body) != want {
			t.Errorf("%d %s, %v; want %s", status, body, err, want)
		}
	}
	if w.Answers != len(endpoints) {
		t.Errorf("%d answers", w.Answers)
	}
}

// TestReadUTF16 reads a file of PowerShell; the line of an error is that of the text.
func TestReadUTF16(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]binary.AppendByteOrder{"little endian": binary.LittleEndian, "big endian": binary.BigEndian} {
		text := func(s string) (raw []byte) {
			for _, unit := range utf16.Encode([]rune("\ufeff" + s)) {
				raw = order.AppendUint16(raw, unit)
			}
			return raw
		}
		file := filepath.Join(t.TempDir(), "a.yaml")
		for content, want := range map[string]string{
			"apiVersion: v1\r\nkind: Pod\r\nmetadata: {name: größe}\r\n":   "",
			"apiVersion: v1\r\nkind: Pod\r\n---\r\nNo resources found\r\n": "a.yaml:4: not a Kubernetes object",
		} {
			if err := os.WriteFile(file, text(content), 0o600); err != nil {
				t.Fatal(err)
			}
			objects, err := ReadObjects(t.Context(), filepath.Dir(file))
			pods := objects[schema.GroupKind{Kind: "Pod"}]
			if want == "" && (err != nil || len(pods) != 1 || !strings.Contains(string(pods[0].Raw), "größe")) {
				t.Errorf("%s: %v, %v", name, pods, err)
			}
			if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
}

// TestReadRefusesOversizedSnapshots checks that snapshots beyond the limits are refused at once.
func TestReadRefusesOversizedSnapshots(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		return strings.Repeat(`{"apiVersion":"v1","kind":"List","items":[`, depth) +
			`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}` + strings.Repeat("]}", depth)
	}
	for name, tc := range map[string]struct {
		text string
		want string // of the error
	}{
		"8 lists":             {text: nested(maxDepth)},
		"9 lists":             {text: nested(maxDepth + 1), want: "lists are nested more than 8 deep"},
		"4,000 lists":         {text: nested(4_000), want: "lists are nested more than 8 deep"},
		"100,000 lists":       {text: nested(100_000), want: "not JSON"},
		"100,000 in YAML":     {text: "- " + strings.Repeat("[", 100_000), want: "not YAML"},
		"a large YAML":        {text: "a: " + strings.Repeat("x", maxYAML), want: "larger than 8 MiB"},
		"75 GB of aliases":    {text: testutil.ManyAliases(), want: "not YAML"},
		"a large cut off one": {text: `{"a":"` + strings.Repeat("x", 2*maxFlow), want: "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, began := t.TempDir(), time.Now()
			if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadObjects(t.Context(), dir)
			if (tc.want == "") != (err == nil) || !strings.Contains(fmt.Sprint(err), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if took := time.Since(began); took > testutil.Deadline {
				t.Errorf("it took %v", took)
			}
		})
	}
	t.Run("many files", func(t *testing.T) {
		dir := t.TempDir()
		for i := range maxFiles + 1 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.yaml", i)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ReadObjects(t.Context(), dir); err == nil || !strings.HasSuffix(err.Error(), "larger than the limit of 20000 files") {
			t.Error(err)
		}
	})
}

// TestFileNamesFitAndAreDistinct checks that the longest names of objects are names of files, and stay apart.
func TestFileNamesFitAndAreDistinct(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("p", 252)
	dir, seen := t.TempDir(), map[string]bool{}
	for _, name := range []string{"pod", long[:250], long[:251], long, long + "q", long + "r"} {
		file := FileName(name, ".prom")
		if seen[file] || !strings.HasSuffix(file, ".prom") || len(name) <= 250 && file != name+".prom" {
			t.Errorf("%s has the file %s", name, file)
		}
		seen[file] = true
		if err := new(Writer).Write(filepath.Join(dir, file), nil, true); err != nil {
			t.Error(err)
		}
	}
}
