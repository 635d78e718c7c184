// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
)

// The label in the dashboards of the chart, in whose place a template puts another one.
const chartLabel = "clusterName"

// chartDashboards copies the dashboards. Helm keeps the files of a chart and what it
// renders to in one Secret of at most a MiB, so there is one text for all labels, without
// white space.
func chartDashboards(out map[string][]byte) error {
	const from = "dashboards/generated/"
	for _, name := range slices.Sorted(maps.Keys(out)) {
		format, label, ok := strings.Cut(strings.TrimPrefix(path.Dir(name), from), "/")
		if !strings.HasPrefix(name, from) || path.Ext(name) != ".json" || !ok || label != chartLabel {
			continue
		}
		for _, other := range clusterLabels() {
			if err := sameDashboard(out[name], out[from+format+"/"+other+"/"+path.Base(name)], other); err != nil {
				return fmt.Errorf("%s: the chart cannot have one text for every label: %w", name, err)
			}
		}
		var b bytes.Buffer
		if err := json.Compact(&b, out[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.WriteByte('\n')
		out[chartDir+"files/dashboards/"+format+"/"+path.Base(name)] = b.Bytes()
	}
	return nil
}

// sameDashboard says whether text becomes want when the label is replaced, but for line
// breaks in queries, which depend on their length.
func sameDashboard(text, want []byte, label string) error {
	var got, expected any
	if err := json.Unmarshal(bytes.ReplaceAll(text, []byte(chartLabel), []byte(label)), &got); err != nil {
		return err
	}
	if err := json.Unmarshal(want, &expected); err != nil {
		return fmt.Errorf("that of label %s: %w", label, err)
	}
	if !reflect.DeepEqual(withoutSpace(got), withoutSpace(expected)) {
		return fmt.Errorf("that of label %s differs in more than the label", label)
	}
	return nil
}

func withoutSpace(v any) any {
	switch v := v.(type) {
	case string:
		return strings.Join(strings.Fields(v), "")
	case []any:
		for i := range v {
			v[i] = withoutSpace(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = withoutSpace(v[key])
		}
	}
	return v
}
