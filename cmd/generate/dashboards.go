// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards/grafana"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards/perses"
)

// escapedLabel is the label cluster in the stored dashboards. A JSON parser decodes it to cluster,
// so the files can be used unchanged, and the templates of the chart can replace it without
// replacing other occurrences of the word cluster.
const escapedLabel = `\u0063luster`

// dashboardFiles adds the dashboards in every format. They are stored only in the chart.
func dashboardFiles(out map[string][]byte) error {
	project, err := perses.WriteProject()
	if err != nil {
		return err
	}
	if out[chartFilesDir+"dashboards/perses/project.json"], err = compact(project); err != nil {
		return err
	}
	all := dashboards.Catalogue()
	for format, write := range map[string]func(dashboards.Dashboard, []dashboards.Dashboard, string) ([]byte, error){
		"grafana": grafana.Write, "perses": perses.Write,
	} {
		for _, d := range all {
			text, err := write(d, all, chartLabel)
			if err != nil {
				return err
			}
			want, err := write(d, all, defaultLabel)
			if err != nil {
				return err
			}
			name := chartFilesDir + "dashboards/" + format + "/" + d.ID + ".json"
			if out[name], err = neutralDashboard(text, want); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// neutralDashboard returns a dashboard in which the chart can insert any label; want is the
// dashboard for the default label. The text has no white space, because Helm stores a chart and its
// manifest in one Secret of at most 1 MiB.
func neutralDashboard(text, want []byte) ([]byte, error) {
	neutral, err := compact(bytes.ReplaceAll(text, []byte(chartLabel), []byte(escapedLabel)))
	if err != nil {
		return nil, err
	}
	var got, expected any
	if err := json.Unmarshal(neutral, &got); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(want, &expected); err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(got, expected) {
		return nil, fmt.Errorf("the dashboards for %s and %s differ in more than the label", defaultLabel, chartLabel)
	}
	return neutral, nil
}

func compact(text []byte) ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, text)
	b.WriteByte('\n')
	return b.Bytes(), err
}
