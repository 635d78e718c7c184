// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// columns is the number of columns of a page, in Grafana and in Perses.
const columns = 24

// Box is the position and size of a panel: X and W in columns of 24, Y and H in rows.
type Box struct{ X, Y, W, H int }

// Layout places panels side by side in their order. A panel that does not fit begins a new line
// below the highest panel of the previous line.
func Layout(panels []Panel) []Box {
	boxes := make([]Box, len(panels))
	x, y, next := 0, 0, 0
	for i, p := range panels {
		w, h := p.size()
		if x+w > columns {
			x, y = 0, next
		}
		boxes[i] = Box{X: x, Y: y, W: w, H: h}
		x, next = x+w, max(next, y+h)
	}
	return boxes
}

// size returns the size of the panel; by default the size of its kind.
func (p Panel) size() (w, h int) {
	switch p.Kind {
	case Stat, Gauge:
		w, h = 4, 4
	case TimeSeries:
		w, h = 12, 10
	case StatusHistory:
		w, h = columns, 8
	case Table:
		w, h = columns, 6
	case Markdown:
		w, h = columns, 3
	}
	if p.Width > 0 {
		w = p.Width
	}
	if p.Height > 0 {
		h = p.Height
	}
	if p.Kind == Table && h > 4 && h%2 == 0 {
		h++ // with an odd height, no row is cut in Perses
	}
	return min(w, columns), h
}
