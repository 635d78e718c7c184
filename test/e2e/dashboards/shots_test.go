//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// screenshots is set by make screenshots.
var screenshots = flag.String("screenshots", "", "the directory docs, for pictures of the dashboards and of the page")

const (
	shotWidth  = 1440
	shotHeight = 2400 // the rest of a page is cut off
)

// takeScreenshots waits until the graphs have ten minutes of data, and takes a picture of each dashboard.
func takeScreenshots(t *testing.T, site *persesSite, b *browser, f shownFleet) {
	harness.Eventually(t, 10*time.Minute, func() error {
		const history = `min(count_over_time(up[10m])) > 120`
		if found, err := f.Query(t.Context(), history); err != nil || len(found) == 0 {
			return fmt.Errorf("%s: %v %w", history, found, err)
		}
		return nil
	})
	tab := b.tab(t)
	for _, d := range persesDashboards(t, f.label) {
		tab.show(site, f, d, "5m", false)
		end := eval[float64](tab, `document.fonts.ready.then(() => Math.max(...[...document.querySelectorAll('[data-testid="panel"]')].map((p) => p.getBoundingClientRect().bottom)))`)
		tab.takePicture(filepath.Join(*screenshots, "dashboards", d.Metadata.Name+".png"), shotWidth, min(end+8, shotHeight))
	}
}

// palettePNG returns a picture with its most frequent colours only: a third of the size, without a
// visible difference for pages with few colours.
func palettePNG(picture []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	at := func(i int) color.RGBA {
		r, g, b, _ := from.At(i%from.Bounds().Dx(), i/from.Bounds().Dx()).RGBA()
		return color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 255}
	}
	// Similar colours are replaced by the most frequent one.
	similar := func(c color.RGBA) color.RGBA { return color.RGBA{R: c.R >> 3, G: c.G >> 3, B: c.B >> 3, A: 255} }
	to, often, chosen := image.NewPaletted(from.Bounds(), nil), map[color.RGBA]int{}, map[color.RGBA]bool{}
	for i := range to.Pix {
		often[at(i)]++
	}
	for _, c := range slices.SortedFunc(maps.Keys(often), func(a, b color.RGBA) int { return cmp.Compare(often[b], often[a]) }) {
		if len(to.Palette) < 256 && !chosen[similar(c)] {
			to.Palette, chosen[similar(c)] = append(to.Palette, c), true
		}
	}
	index := map[color.RGBA]uint8{}
	for c := range often {
		index[c] = uint8(to.Palette.Index(c))
	}
	for i := range to.Pix {
		to.Pix[i] = index[at(i)]
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, to)
	return out.Bytes(), err
}
