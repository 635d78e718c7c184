// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses

import (
	"fmt"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// table converts a table. Perses before 0.53 shows all columns that are not hidden.
func (w *writer) table(p dashboards.Panel) table {
	t := table{Density: "compact", DefaultColumnHidden: true, DefaultColumnWidth: "auto"}
	for i, c := range p.Columns {
		out := column{Name: c.Label, Header: c.Title, EnableSorting: true, Width: width(p, c)}
		// Settings of the cells of one column are new in 0.53; those of all cells find a word by its
		// number, which is unique in the table.
		named := words(c, offset(p, c.Query))
		t.CellSettings = appendNew(t.CellSettings, named)
		if c.Label == "" {
			if len(c.Thresholds) > 0 {
				out.CellSettings = append(named, cells(c.Thresholds)...)
			}
			out.Name = valueName(p, c.Query)
			out.Format = new(wholeOf(unitOf(p, c.Query), p.Decimals))
		}
		for _, s := range []dashboards.Sort{p.Sort, p.Then} {
			if s.Column != c.Title {
				continue
			}
			out.Sort = "asc"
			if s.Descending {
				out.Sort = "desc"
			}
		}
		if l := cellLinkOf(p, i); l != nil {
			out.DataLink = w.cellLink(*l)
		}
		t.ColumnSettings = append(t.ColumnSettings, out)
	}
	for _, name := range append(w.unseen(p), "timestamp") {
		t.ColumnSettings = append(t.ColumnSettings, column{Name: name, Hide: true})
	}
	if len(p.Queries) > 1 {
		t.Transforms = joined(p)
	}
	return t
}

// width returns the width of a column in pixels. Perses distributes the width of the panel equally among the columns without one,
// and cuts texts. In a table with several columns of text, the others are as wide as their headers and words.
func width(p dashboards.Panel, c dashboards.Column) int {
	texts := 0
	for _, other := range p.Columns {
		if other.Label != "" && other.Width == 0 {
			texts++
		}
	}
	switch {
	case c.Width > 0 || texts < 3:
		return c.Width
	case c.Title == "Cluster": // the label has another name in some files
		return 120
	case c.Label != "":
		return 0
	}
	w := max(7*len(c.Title)+40, 78) // with the arrow of sorting
	for _, m := range c.Mappings {
		w = max(w, 7*len(m.Text)+16)
	}
	return w
}

// offset is added to the values of a query that are shown as words, so that no other value of the
// table is the same; 0 for numbers, and where all values of the table have the same words.
func offset(p dashboards.Panel, query int) float64 {
	var shown []dashboards.Column
	same := true
	for _, c := range p.Columns {
		if c.Label == "" {
			shown = append(shown, c)
			same = same && c.HasWords() && slices.Equal(c.Mappings, shown[0].Mappings)
		}
	}
	i := slices.IndexFunc(shown, func(c dashboards.Column) bool { return c.Query == query && c.HasWords() })
	if i < 0 || same {
		return 0
	}
	return -1e9 * float64(i+1) // no count, age or size is as low
}

// words returns the settings of cells with the mapped values or texts of a column.
func words(c dashboards.Column, offset float64) []cellSettings {
	var out []cellSettings
	for _, m := range c.Mappings {
		value := m.LabelValue()
		if c.Label == "" {
			value = number(m.Value + offset)
		}
		out = append(out, painted(condition{"Value", conditionSpec{Value: value}}, m.Text, m.Color))
	}
	return out
}

func appendNew(all, more []cellSettings) []cellSettings {
	for _, s := range more {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// unseen returns the fields of rows that have no column: labels that links need, and values.
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

// valueName returns the name of the column that Perses creates for the values of a query.
func valueName(p dashboards.Panel, query int) string {
	if len(p.Queries) == 1 {
		return "value"
	}
	return fmt.Sprintf("value #%d", query+1)
}

// joined joins the rows of several queries, in which each query has its own name for every label.
func joined(p dashboards.Panel) []transform {
	var out []transform
	for _, l := range p.Labels() {
		out = append(out, transform{"MergeIndexedColumns", transformSpec{Column: l}})
	}
	return append(out, transform{"JoinByColumnValue", transformSpec{Columns: p.Labels()}})
}

// cellLinkOf returns the link of a cell: its own, or in the first column the link of the row.
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
