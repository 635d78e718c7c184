// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards/grafana"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards/perses"
)

// dashboardFiles are the dashboards in every form.
func dashboardFiles(out map[string][]byte) error {
	const dir = "dashboards/generated/"
	all := dashboards.Catalogue()
	for _, label := range clusterLabels() {
		project, err := perses.WriteProject()
		if err != nil {
			return err
		}
		out[dir+"perses/"+label+"/project.json"] = project
		for _, d := range all {
			if out[dir+"grafana/"+label+"/"+d.ID+".json"], err = grafana.Write(d, all, label); err != nil {
				return err
			}
			if out[dir+"perses/"+label+"/"+d.ID+".json"], err = perses.Write(d, all, label); err != nil {
				return err
			}
		}
	}
	return nil
}
