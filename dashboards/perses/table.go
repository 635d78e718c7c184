// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// table is a table. Perses before 0.53 shows what it is not told to hide.
func (w *writer) table(p dashboards.Panel) table {
	t := table{Density: "compact", DefaultColumnHidden: true, DefaultColumnWidth: "auto"}
	var painted []column
	values := 0
	for i, c := range p.Columns {
		out := column{Name: c.Label, Header: c.Title, EnableSorting: true, Width: c.Width, CellSettings: cells(c.Thresholds, c.Mappings)}
		if c.Label == "" {
			values++
			out.Name = valueName(p, c.Query)
			out.Format = new(formatOf(unitOf(p, c.Query), p.Decimals))
		}
		if p.Sort.Column == c.Title {
			out.Sort = "asc"
			if p.Sort.Descending {
				out.Sort = "desc"
			}
		}
		if l := cellLinkOf(p, i); l != nil {
			out.DataLink = w.cellLink(*l)
		}
		if c.Label == "" && len(out.CellSettings) > 0 {
			painted = append(painted, out)
		}
		t.ColumnSettings = append(t.ColumnSettings, out)
	}
	// Cells of one column only are new in 0.53. Where all values of the table have the
	// same, the settings of all cells do the same.
	if values > 0 && len(painted) == values && !slices.ContainsFunc(painted, func(c column) bool { return !reflect.DeepEqual(c.CellSettings, painted[0].CellSettings) }) {
		t.CellSettings = painted[0].CellSettings
	}
	for _, name := range append(w.unseen(p), "timestamp") {
		t.ColumnSettings = append(t.ColumnSettings, column{Name: name, Hide: true})
	}
	if len(p.Queries) > 1 {
		t.Transforms = joined(p)
	}
	return t
}

// unseen are what rows have beside columns: labels that links need, and values.
func (w *writer) unseen(p dashboards.Panel) []string {
	var names []string
	for _, l := range p.Labels() {
		if !slices.ContainsFunc(p.Columns, func(c dashboards.Column) bool { return c.Label == l }) {
			names = append(names, l)
		}
	}
	for i := range p.Queries {
		if !slices.ContainsFunc(p.Columns, func(c dashboards.Column) bool { return c.Label == "" && c.Query == i }) {
			names = append(names, valueName(p, i))
		}
	}
	return names
}

// valueName is the name that Perses gives to the values of a query.
func valueName(p dashboards.Panel, query int) string {
	if len(p.Queries) == 1 {
		return "value"
	}
	return fmt.Sprintf("value #%d", query+1)
}

// joined puts the rows of several queries together: each has its own name for every
// label at first.
func joined(p dashboards.Panel) []transform {
	var out []transform
	for _, l := range p.Labels() {
		out = append(out, transform{"MergeIndexedColumns", transformSpec{Column: l}})
	}
	return append(out, transform{"JoinByColumnValue", transformSpec{Columns: p.Labels()}})
}

// cellLinkOf is the link of a cell: its own, or in the first column that of the row.
func cellLinkOf(p dashboards.Panel, i int) *dashboards.Link {
	if l := p.Columns[i].Link; l != nil || i > 0 {
		return l
	}
	for _, l := range p.Links {
		if len(l.Labels()) > 0 {
			return &l
		}
	}
	return nil
}
