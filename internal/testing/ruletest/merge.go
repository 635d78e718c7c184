// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

type object = map[string]any

// mergeObjects changes objects. Each change is merged into the object of its kind, namespace and name;
// "like" names the healthy object that a new one copies, and "$patch: delete" removes it.
func mergeObjects(base, changes string) (string, error) {
	objects, err := documents(base)
	if err != nil {
		return "", err
	}
	patches, err := documents(changes)
	if err != nil {
		return "", err
	}
	healthy, identities := make([]object, len(objects)), make([]string, len(objects))
	models := slices.ContainsFunc(patches, func(p object) bool { return p["like"] != nil })
	for i, o := range objects {
		if identities[i] = identity(o); models {
			healthy[i] = copied(o)
		}
	}
	for _, p := range patches {
		like, _ := p["like"].(string)
		remove := p["$patch"] == "delete"
		delete(p, "like")
		at := slices.Index(identities, identity(p))
		alike := func(o object) bool { return o["kind"] == p["kind"] && name(o) == like }
		model := slices.IndexFunc(healthy, alike)
		switch {
		case at < 0 && (remove || like == "" && p["apiVersion"] == nil):
			return "", fmt.Errorf("the healthy fleet in alerts/tests/testdata/healthy has no %s: a new object needs an apiVersion, "+
				"or like: NAME for a copy of a healthy object", identity(p))
		case like != "" && model < 0:
			return "", fmt.Errorf("the healthy fleet in alerts/tests/testdata/healthy has no %s %s to copy (like)", p["kind"], like)
		case remove:
			objects, identities = slices.Delete(objects, at, at+1), slices.Delete(identities, at, at+1)
		case at >= 0:
			objects[at] = merge(objects[at], p)
		case model >= 0:
			objects, identities = append(objects, merge(copied(healthy[model]), p)), append(identities, identity(p))
		default:
			objects, identities = append(objects, p), append(identities, identity(p))
		}
	}
	for _, o := range objects {
		expandConditions(o)
	}
	list, err := json.Marshal(object{"apiVersion": "v1", "kind": "List", "items": objects})
	return string(list), err
}

func documents(text string) ([]object, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(text), 4096)
	var all []object
	for {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if len(o) > 0 {
			all = append(all, o)
		}
	}
}

func name(o object) string {
	meta, _ := o["metadata"].(object)
	n, _ := meta["name"].(string)
	return n
}

func identity(o object) string {
	meta, _ := o["metadata"].(object)
	namespace, _ := meta["namespace"].(string)
	return fmt.Sprintf("%s %s/%s", o["kind"], namespace, name(o))
}

// merge applies a JSON merge patch.
func merge(into, patch object) object {
	if into == nil {
		into = object{}
	}
	for k, v := range patch {
		switch v := v.(type) {
		case nil:
			delete(into, k)
		case object:
			inner, _ := into[k].(object)
			into[k] = merge(inner, v)
		default:
			into[k] = v
		}
	}
	return into
}

func copied(o object) object {
	text, _ := json.Marshal(o)
	var c object
	_ = json.Unmarshal(text, &c)
	return c
}

// expandConditions lets fixtures write conditions as "Ready=False/BuildFailed@08:29:00",
// of the day of the fixture.
func expandConditions(o object) {
	for k, v := range o {
		switch v := v.(type) {
		case string:
			if k == "conditions" {
				o[k] = conditions(v)
			}
		case object:
			expandConditions(v)
		}
	}
}

func conditions(text string) []any {
	var all []any
	for _, word := range strings.Fields(text) {
		word, at, _ := strings.Cut(word, "@")
		state, reason, _ := strings.Cut(word, "/")
		kind, status, _ := strings.Cut(state, "=")
		if len(at) == len("15:04:05") {
			at = TakenAt().Format("2006-01-02T") + at + "Z"
		}
		all = append(all, object{"type": kind, "status": status, "reason": reason, "lastTransitionTime": at})
	}
	return all
}

// recordedAnswers reads the answers of test/fleet, by file, once.
var recordedAnswers = sync.OnceValues(func() (map[string]json.RawMessage, error) {
	root, err := testutil.RepoRoot()
	if err != nil {
		return nil, err
	}
	answers := map[string]json.RawMessage{}
	for _, dir := range []string{"openbao/openbao", "aurora/aurora"} {
		if err := readAnswers(answers, filepath.Join(root, "test", "fleet", filepath.FromSlash(dir)), dir); err != nil {
			return nil, err
		}
	}
	return answers, nil
})

// mergeAnswers returns the recorded answers of test/fleet with changes, by file. A null removes a
// file, a node or an instance.
func mergeAnswers(cluster string, changes ...string) (map[string]string, error) {
	recorded, err := recordedAnswers()
	if err != nil {
		return nil, err
	}
	answers := maps.Clone(recorded)
	for _, text := range changes {
		var patch object
		if err := sigsyaml.Unmarshal([]byte(text), &patch); err != nil {
			return nil, err
		}
		for file, change := range patch {
			if change == nil {
				maps.DeleteFunc(answers, func(f string, _ json.RawMessage) bool {
					matches, _ := path.Match(file, f)
					return matches || strings.HasPrefix(f, file+"/")
				})
				continue
			}
			inner, ok := change.(object)
			if !ok {
				return nil, fmt.Errorf("%s is no object", file)
			}
			if answers[file], err = mergeAnswer(answers[file], inner); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	files := map[string]string{}
	for file, content := range answers {
		system, rest, _ := strings.Cut(file, "/")
		_, rest, _ = strings.Cut(rest, "/")
		files[system+"/"+system+"-of-"+cluster+"/"+rest+".json"] = string(content)
	}
	return files, nil
}

// mergeAnswer returns an answer with changes and with the certificates that it describes.
func mergeAnswer(text json.RawMessage, change object) (json.RawMessage, error) {
	var content object
	if text != nil {
		if err := json.Unmarshal(text, &content); err != nil {
			return nil, err
		}
	}
	content = merge(content, change)
	if err := expandCertificates(content); err != nil {
		return nil, err
	}
	return json.Marshal(content)
}

func readAnswers(into map[string]json.RawMessage, dir, prefix string) error {
	return filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		into[prefix+"/"+strings.TrimSuffix(filepath.ToSlash(rel), ".json")] = text
		return nil
	})
}
