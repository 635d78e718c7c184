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
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// screenshots is set by make screenshots.
var screenshots = flag.String("screenshots", "", "a directory for pictures of the dashboards of a fleet with faults")

const (
	shotWidth  = 1200
	shotHeight = 2400 // the rest of a page is cut off
)

// takeScreenshots waits until there is something to see in lines, and rules have waited.
func takeScreenshots(t *testing.T, site *persesSite, b *browser, f shownFleet) {
	harness.Eventually(t, 10*time.Minute, func() error {
		const history = `min(count_over_time(up[10m])) > 100`
		if found, err := f.Query(t.Context(), history); err != nil || len(found) == 0 {
			return fmt.Errorf("%s: %v %w", history, found, err)
		}
		return nil
	})
	tab := b.tab(t)
	for _, d := range persesDashboards(t, f.label) {
		tab.show(site, f, d, "5m", false)
		end := eval[float64](tab, `document.fonts.ready.then(() => Math.max(...[...document.querySelectorAll('[data-testid="panel"]')].map((p) => p.getBoundingClientRect().bottom)))`)
		picture, err := chromedp.Call(tab.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Clip: &page.Viewport{Width: shotWidth, Height: min(end+8, shotHeight), Scale: 1},
		})
		harness.Must(t, err)
		small, err := palettePNG(picture.Data)
		harness.Must(t, err)
		harness.Must(t, os.WriteFile(filepath.Join(*screenshots, d.Metadata.Name+".png"), small, 0o600))
	}
}

// palettePNG returns a picture with its most frequent colours only: a third of the size, without a
// visible difference for pages with few colours.
func palettePNG(picture []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	at := func(x, y int) color.RGBA { // without the lowest bits
		r, g, b, _ := from.At(x, y).RGBA()
		return color.RGBA{R: uint8(r >> 11 * 255 / 31), G: uint8(g >> 11 * 255 / 31), B: uint8(b >> 11 * 255 / 31), A: 255}
	}
	to, often, index := image.NewPaletted(from.Bounds(), nil), map[color.RGBA]int{}, map[color.RGBA]uint8{}
	for i := range to.Pix {
		often[at(i%to.Stride, i/to.Stride)]++
	}
	for _, c := range slices.SortedFunc(maps.Keys(often), func(a, b color.RGBA) int { return cmp.Compare(often[b], often[a]) }) {
		if len(to.Palette) < 256 {
			to.Palette = append(to.Palette, c)
		}
		index[c] = uint8(to.Palette.Index(c))
	}
	for i := range to.Pix {
		to.Pix[i] = index[at(i%to.Stride, i/to.Stride)]
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, to)
	return out.Bytes(), err
}
