//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

var update = flag.Bool("update", false, "write testdata/turned.txt")

// grafanaPanel has the fields of a panel that the test uses.
type grafanaPanel struct {
	Type, Title string
	Targets     []struct{ RefID, Expr string }
	Panels      []json.RawMessage // of a row
}

// drawing is a panel with data, for panels.mjs.
type drawing struct {
	Panel   json.RawMessage       `json:"panel"`
	Results map[string]promAnswer `json:"results"`

	of   dashboards.Panel
	page string
}

// column is a column as Grafana shows it.
type column struct {
	Name   string
	Hidden bool
	Cells  []struct {
		Value       *float64
		Text, Color string
	}
}

// testGrafanaPanels uses Grafana's code to transform, name, format and colour the data of the
// tables and stats of all dashboards.
func testGrafanaPanels(t *testing.T, s shownFleet) {
	var all []drawing
	for _, page := range dashboards.Catalogue() {
		d, err := page.WithClusterLabel(s.label)
		harness.Must(t, err)
		all = append(all, s.drawings(t, d)...)
	}
	colours, turned := map[dashboards.Color]map[string]bool{}, map[string]bool{}
	for i, columns := range drawPanels(t, all) {
		d := all[i]
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf(d.page+": "+d.of.Title+": "+format, args...)
		}
		if d.of.Kind == dashboards.Table {
			d.isTable(columns, fail)
		}
		for _, c := range columns {
			if d.cells(c, colours, fail) {
				turned[d.page+": "+d.of.Title] = true
			}
		}
	}
	s.compareTurned(t, slices.Sorted(maps.Keys(turned)))
	seen := map[string]dashboards.Color{}
	for meaning, as := range colours {
		for colour := range as {
			if other, ok := seen[colour]; ok || len(as) > 1 {
				t.Errorf("%s is shown as %v, and so is %s", meaning, as, other)
			}
			seen[colour] = meaning
		}
	}
	if len(seen) < 4 {
		t.Errorf("only these colours were seen: %v", seen)
	}
}

// drawings are the tables and stats of a page as they are generated, and their data.
func (s shownFleet) drawings(t *testing.T, d dashboards.Dashboard) []drawing {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(generated(t, "grafana", s.label), d.ID+".json"))
	harness.Must(t, err)
	var file struct{ Panels []json.RawMessage }
	harness.Must(t, json.Unmarshal(text, &file))
	var panels []json.RawMessage
	for _, p := range file.Panels {
		switch g := read(t, p); {
		case g.Type != "row":
			panels = append(panels, p)
		default:
			panels = append(panels, g.Panels...)
		}
	}
	values, now := s.values(t, d), strconv.FormatInt(time.Now().Unix(), 10)
	var all []drawing
	for _, section := range d.Sections {
		for _, p := range section.Panels {
			g := read(t, panels[0])
			if g.Title != p.Title {
				t.Fatalf("%s: %s is where %s should be", d.ID, g.Title, p.Title)
			}
			of := drawing{Panel: panels[0], Results: map[string]promAnswer{}, of: p, page: d.ID}
			panels = panels[1:]
			if p.Kind != dashboards.Table && p.Kind != dashboards.Stat {
				continue
			}
			for _, target := range g.Targets {
				// All queries have the same time, because otherwise their rows could differ.
				of.Results[target.RefID], err = s.ask(t.Context(), "/api/v1/query", url.Values{"query": {values.Replace(target.Expr)}, "time": {now}})
				harness.Must(t, err)
			}
			all = append(all, of)
		}
	}
	return all
}

func read(t *testing.T, panel json.RawMessage) grafanaPanel {
	t.Helper()
	var g grafanaPanel
	harness.Must(t, json.Unmarshal(panel, &g))
	return g
}

// drawPanels runs Grafana's code.
func drawPanels(t *testing.T, all []drawing) [][]column {
	t.Helper()
	modules, err := testbed.GrafanaData(t.Context())
	harness.Must(t, err)
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	input, err := json.Marshal(all)
	harness.Must(t, err)
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(root, "test", "tools", "grafana-data", "panels.mjs"), modules)
	var output, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &output, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node: %v %s", err, stderr.String())
	}
	var columns [][]column
	harness.Must(t, json.Unmarshal(output.Bytes(), &columns))
	return columns
}

// isTable checks that the columns have their titles and order, and as many rows as there is data.
func (d drawing) isTable(columns []column, fail func(string, ...any)) {
	labels, rows := map[string]bool{}, map[string]bool{}
	for _, answer := range d.Results {
		for _, r := range answer.Data.Result {
			var row strings.Builder
			for _, k := range d.of.Labels() {
				row.WriteString(r.Metric[k] + "\xff")
			}
			rows[row.String()] = true
			for l := range r.Metric {
				labels[l] = true
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	var want, got []string
	for _, c := range d.of.Columns {
		if c.Label == "" || labels[c.Label] {
			want = append(want, c.Title)
		}
	}
	for _, c := range columns {
		if !c.Hidden {
			got = append(got, c.Name)
		}
		if len(c.Cells) != len(rows) {
			fail("%d rows of %s, there are %d", len(c.Cells), c.Name, len(rows))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		fail("columns (-want +got):\n%s", diff)
	}
}

// compareTurned compares the panels that show a warning or worse with the list for the fleet with
// faults. The healthy fleet has none.
func (s shownFleet) compareTurned(t *testing.T, turned []string) {
	t.Helper()
	const file = "testdata/turned.txt"
	if *update && s == (shownFleet{s.Prometheus, faultsFleet, "cluster"}) {
		harness.Must(t, os.WriteFile(file, []byte(strings.Join(turned, "\n")+"\n"), 0o600))
	}
	// The fixtures of the rules have objects with values of the wrong type.
	want := []string{"cobaltcore-cluster: Objects by kind", "cobaltcore-exporter: Objects by kind"}
	if s.name == faultsFleet {
		text, err := os.ReadFile(file)
		harness.Must(t, err)
		want = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	if diff := cmp.Diff(want, turned); diff != "" {
		t.Errorf("panels with a warning or worse (-want +got):\n%s", diff)
	}
}

// cells compares the shown values with the panel, and reports whether one is a warning or worse.
func (d drawing) cells(c column, colours map[dashboards.Color]map[string]bool, fail func(string, ...any)) (turned bool) {
	unit, mappings, thresholds := d.of.Unit, d.of.Mappings, d.of.Thresholds
	if i := slices.IndexFunc(d.of.Columns, func(of dashboards.Column) bool { return of.Title == c.Name }); i >= 0 {
		unit, mappings, thresholds = d.of.Columns[i].Unit, d.of.Columns[i].Mappings, d.of.Columns[i].Thresholds
		if unit == "" {
			unit = d.of.Unit
		}
	}
	for _, cell := range c.Cells {
		if cell.Value == nil || c.Name == "Time" { // a label, or nothing
			continue
		}
		var meaning dashboards.Color
		for _, t := range thresholds {
			if meaning == "" || *cell.Value >= t.From {
				meaning = t.Color
			}
		}
		text := unitText(unit)
		for _, m := range mappings {
			if m.Value == *cell.Value {
				meaning, text = m.Color, regexp.MustCompile("^"+regexp.QuoteMeta(m.Text)+"$")
			}
		}
		if !text.MatchString(cell.Text) {
			fail("%v of %s is shown as %q, want %s", *cell.Value, c.Name, cell.Text, text)
		}
		turned = turned || meaning == dashboards.Warning || meaning == dashboards.Bad
		if meaning != "" {
			if colours[meaning] == nil {
				colours[meaning] = map[string]bool{}
			}
			colours[meaning][cell.Color] = true
		}
	}
	return turned
}

// unitText returns the pattern of values in a unit.
func unitText(u dashboards.Unit) *regexp.Regexp {
	const number = `^-?\d+(\.\d+)?`
	switch u {
	case dashboards.Percent:
		return regexp.MustCompile(number + `%$`)
	case dashboards.Duration:
		return regexp.MustCompile(number + ` (ns|µs|ms|s|mins?|hours?|days?|weeks?|months?|years?)$|^0 s$`)
	case dashboards.Bytes:
		return regexp.MustCompile(number + ` ([KMG]i?)?B$`)
	case dashboards.PerSecond:
		return regexp.MustCompile(number + `( [KM])? ops/s$`)
	}
	return regexp.MustCompile(number + `( K| Mil| Bil)?$`)
}
