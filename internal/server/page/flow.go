// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// Limits of one page. The other paths are on the next pages, and the JSON has everything.
const (
	maxPaths      = 60
	maxPathUsers  = 90 // writers and readers of all paths together
	maxUsers      = 20 // on each side of a path
	maxUnresolved = 100
)

// Geometry of the diagram, in the units of its view box.
const (
	pictureWidth = 1160
	nodeWidth    = 320
	nodeHeight   = 40
	rowHeight    = 50
	headHeight   = 24
	storedX      = (pictureWidth - nodeWidth) / 2
	readersX     = pictureWidth - nodeWidth
	lineLength   = 41 // characters that fit into a node
)

type flowView struct {
	Mounts     []mount
	Unresolved []secretflow.UnresolvedReport
	// MoreUnresolved is the number of unresolved references that are not listed.
	MoreUnresolved int
	Total, Shown   int
	LateReaders    int    // on all pages
	First, Next    string // URLs; empty if the page does not exist
}

// mount has the paths of one secrets engine as a diagram and as a table. The column of the writers is left
// out if none is known.
type mount struct {
	Name, ID             string
	Left, Width, Height  int
	Heads                []head
	Nodes                []node
	Edges                []edge
	Paths                []pathRow
	Writers, LateReaders int
	Readers              int
}

// head is the heading of a column.
type head struct {
	X, Y int
	Text string
}

// node is a box with two lines of text.
type node struct {
	X, Y, Width, Height   int
	TextX, Text1Y, Text2Y int
	Text1, Text2, Full    string
	Class                 string
}

// edge is a line from the right side of one node to the left side of another.
type edge struct{ Path, Class string }

type pathRow struct {
	ID, Path  string
	Stored    []storedRow
	Producers []userRow
	Consumers []userRow
	More      int
}

type storedRow struct {
	OpenBao string
	Version int
	Updated stamp
}

type userRow struct {
	Cluster, Href, Object, State, Class string
	LastSync                            stamp
}

// flowPage returns the page with the writers and readers of secrets.
func (s *site) flowPage(r *http.Request) (view, error) {
	report := s.SecretFlow()
	shown := min(len(report.Unresolved), maxUnresolved)
	v := flowView{
		Total: len(report.Paths), LateReaders: countLate(report), Unresolved: report.Unresolved[:shown],
		MoreUnresolved: len(report.Unresolved) - shown,
	}
	begin := pageStart(r)
	if begin >= v.Total {
		begin = 0
	}
	users := 0
	for _, p := range report.Paths[begin:min(begin+maxPaths, v.Total)] {
		users += max(1, min(len(p.Producers), maxUsers)+min(len(p.Consumers), maxUsers))
		if users > maxPathUsers && v.Shown > 0 {
			break
		}
		v.Shown++
		if n := len(v.Mounts); n == 0 || v.Mounts[n-1].Name != p.Mount {
			v.Mounts = append(v.Mounts, mount{
				Name: p.Mount, ID: fmt.Sprintf("mount-%d", n), Left: storedX, Width: pictureWidth - storedX, Height: headHeight,
				Heads: []head{{0, headHeight / 2, "Written by"}, {storedX, headHeight / 2, "Stored in OpenBao"}, {readersX, headHeight / 2, "Read by"}},
			})
		}
		v.Mounts[len(v.Mounts)-1].addPath(pathRowOf(p, report.GeneratedAt))
	}
	v.First, v.Next = pageLinks(r.URL.Query(), begin, begin+v.Shown, v.Total-begin-v.Shown, "")
	return view{Title: "Secret flow", At: stampOf(report.GeneratedAt, report.GeneratedAt), Partial: report.Partial, Content: v}, nil
}

// countLate returns the number of readers that have an old version.
func countLate(report secretflow.Report) int {
	n := 0
	for _, p := range report.Paths {
		for _, u := range p.Consumers {
			if u.Behind != nil && *u.Behind {
				n++
			}
		}
	}
	return n
}

func pathRowOf(p secretflow.PathReport, now time.Time) pathRow {
	r := pathRow{ID: p.ID, Path: p.Path}
	for _, s := range p.Stored {
		r.Stored = append(r.Stored, storedRow{s.OpenBao, s.Version, stampOf(s.Updated, now)})
	}
	users := func(all []secretflow.UserReport) []userRow {
		var rows []userRow
		for i, u := range all {
			if i == maxUsers {
				r.More += len(all) - i
				break
			}
			rows = append(rows, userRowOf(u, now))
		}
		return rows
	}
	r.Producers, r.Consumers = users(p.Producers), users(p.Consumers)
	for i := range r.Producers {
		if r.Producers[i].LastSync.ISO != "" {
			r.Producers[i].State = "writes"
		}
	}
	return r
}

func userRowOf(u secretflow.UserReport, now time.Time) userRow {
	r := userRow{
		Cluster: u.Cluster, Href: clusterHref(u.Cluster), Object: u.Namespace + "/" + u.Name,
		LastSync: stampOfPointer(u.LastSync, now),
	}
	lag := ""
	if u.LagSeconds != nil {
		lag = render.Age(time.Duration(*u.LagSeconds * float64(time.Second)))
	}
	switch {
	case u.LastSync == nil:
		r.State, r.Class = "never synced", "unknown"
	case u.Behind == nil:
		r.State = "not known"
	case *u.Behind:
		r.State, r.Class = "late by "+lag, "late"
	case lag != "":
		r.State = "current, took " + lag
	default:
		r.State = "current"
	}
	return r
}

// addPath draws a path below the existing paths.
func (m *mount) addPath(p pathRow) {
	lines := max(1, len(p.Producers), len(p.Consumers))
	top := m.Height
	m.Height += lines * rowHeight
	m.Paths = append(m.Paths, p)
	m.Readers += len(p.Consumers)
	middle := top + (lines-1)*rowHeight/2
	stored, class := "not seen in OpenBao", "unknown"
	if len(p.Stored) > 0 {
		s := p.Stored[0]
		stored, class = fmt.Sprintf("version %d, %s old", s.Version, s.Updated.Age), ""
		if n := len(p.Stored) - 1; n > 0 {
			stored += fmt.Sprintf(", and %d more", n)
		}
	}
	m.addNode(storedX, middle, cmp.Or(p.Path, p.ID), stored, "stored "+class)
	if m.Writers += len(p.Producers); m.Writers > 0 {
		m.Left, m.Width = 0, pictureWidth
	}
	for i, u := range p.Producers {
		y := top + i*rowHeight
		m.addNode(0, y, u.Object, u.Cluster, u.Class)
		m.addEdge(nodeWidth, y, storedX, middle, u.Class)
	}
	for i, u := range p.Consumers {
		y := top + i*rowHeight
		text := u.Cluster
		if u.Class != "" {
			text = "! " + u.State + " · " + text
		}
		if u.Class == "late" {
			m.LateReaders++
		}
		m.addNode(readersX, y, u.Object, text, u.Class)
		m.addEdge(storedX+nodeWidth, middle, readersX, y, u.Class)
	}
}

func (m *mount) addNode(x, y int, first, second, class string) {
	m.Nodes = append(m.Nodes, node{
		X: x, Y: y + (rowHeight-nodeHeight)/2, Width: nodeWidth, Height: nodeHeight, TextX: x + 10, Text1Y: y + 22, Text2Y: y + 38,
		Text1: shorten(first), Text2: shorten(second), Full: first + ", " + second, Class: class,
	})
}

func (m *mount) addEdge(x1, y1, x2, y2 int, class string) {
	const half = rowHeight / 2
	bend := (x2 - x1) / 2
	m.Edges = append(m.Edges, edge{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1+half, x1+bend, y1+half, x2-bend, y2+half, x2, y2+half), class})
}

func shorten(s string) string {
	if r := []rune(s); len(r) > lineLength {
		return string(r[:lineLength-1]) + "…"
	}
	return s
}
