// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	_ "embed" // for the page
	"html/template"
	"io"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

//go:embed report.html
var page string

// HTML writes a report as a self-contained page.
func HTML(w io.Writer, r health.Report) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"time":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"clean": clean,
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		health.Report
		Causes []Cause
	}{r, Causes(r)})
}
