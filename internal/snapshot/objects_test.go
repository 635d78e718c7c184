// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
		"b/list.json":          `{"apiVersion": "v1", "kind": "PodList", "items": [` + pod("b") + `]}`,
		"controllers/x/a.prom": "no_object 1\n",
		MetaFile:               "takenAt: 2026-11-23T09:00:00Z\n",
		"c.yaml":               pod("c"),
	} {
		if err := new(Writer).Write(filepath.Join(dir, name), []byte(text), false); err != nil {
			t.Fatal(err)
		}
	}
	objects, err := ReadObjects(dir)
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
	if diff := cmp.Diff([]string{"a", "a list in list.json", "b", "c"}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := ReadObjects(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("a directory that does not exist: %v", err)
	}
}

// TestAnswersOfEndpoints stay apart, however they are named.
func TestAnswersOfEndpoints(t *testing.T) {
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
		status, body, err := ReadAnswer(dir, e, nil)
		if want := `{"_status": 200, "of": "` + e + `"}`; err != nil || status != 200 || string(body) != want {
			t.Errorf("%d %s, %v; want %s", status, body, err, want)
		}
	}
	if w.Answers != len(endpoints) {
		t.Errorf("%d answers", w.Answers)
	}
}
