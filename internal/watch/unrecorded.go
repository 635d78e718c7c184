// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// A snapshot may have only some kinds. If an object refers to a kind, the cluster serves it: without objects of the kind
// in the snapshot, their state is unknown.

// unrecorded returns the kinds to which an object in the snapshot refers, although the snapshot has not even an empty
// list of the kind.
func (c snapshotContent) unrecorded(kinds []*kind) map[*kind]bool {
	found := map[*kind]bool{}
	for _, k := range kinds {
		gk := schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}
		if _, isMissing := c.missing[gk]; len(c.objects[gk]) > 0 || isMissing {
			continue
		}
		found[k] = c.refersTo(gk.Kind, kinds, k.collector)
	}
	return found
}

// refersTo reports whether an object of a collector refers to a kind.
func (c snapshotContent) refersTo(kind string, kinds []*kind, collector string) bool {
	for _, k := range kinds {
		if k.collector != collector {
			continue
		}
		_, objects := c.objectsOf(k.resource)
		for _, o := range objects {
			if refers(o, kind) {
				return true
			}
		}
	}
	return false
}

// impliedKinds returns the kinds that references without a field kind refer to, by the name of the reference.
func impliedKinds() map[string]string {
	return map[string]string{
		"imageRepositoryRef": "ImageRepository",
		"issuerRef":          "Issuer",
		"providerRef":        "Provider",
		"secretStoreRef":     "SecretStore",
		"secretStoreRefs":    "SecretStore",
		"storeRef":           "SecretStore",
		"chart":              "HelmChart", // the source controller creates it from the chart of a HelmRelease
	}
}

// refers reports whether an object has a reference to a kind in its spec.
func refers(o snapshot.Object, kind string) bool {
	possible := bytes.Contains(o.Raw, []byte(`"`+kind+`"`))
	for key, implied := range impliedKinds() {
		possible = possible || implied == kind && bytes.Contains(o.Raw, []byte(`"`+key+`"`))
	}
	if !possible {
		return false
	}
	var object struct {
		Spec map[string]any `json:"spec"`
	}
	return json.Unmarshal(o.Raw, &object) == nil && hasReference(object.Spec, kind)
}

func hasReference(value any, kind string) bool {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if hasReference(item, kind) {
				return true
			}
		}
	case map[string]any:
		for key, field := range value {
			if isReference(key, field, kind) || hasReference(field, kind) {
				return true
			}
		}
	}
	return false
}

// isReference reports whether a field, or an item of it, is a reference to a kind.
func isReference(key string, field any, kind string) bool {
	implied := impliedKinds()[key]
	if implied == "" && !strings.HasSuffix(key, "Ref") && !strings.HasSuffix(key, "Refs") && key != "inputsFrom" {
		return false
	}
	items, ok := field.([]any)
	if !ok {
		items = []any{field}
	}
	for _, item := range items {
		reference, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if named, _ := reference["kind"].(string); named == kind || named == "" && implied == kind {
			return true
		}
	}
	return false
}
