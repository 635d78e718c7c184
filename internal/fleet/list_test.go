// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// attackMemory limits the memory that an attack may allocate, including its own text.
const attackMemory = 64 << 20

// endless repeats a text without an end.
func endless(text string) io.Reader { return &endlessReader{text: text} }

type endlessReader struct {
	text string
	at   int
}

func (r *endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[r.at]
		r.at = (r.at + 1) % len(r.text)
	}
	return len(p), nil
}

// TestReadListBounds checks that a list needs only the memory of its largest item.
func TestReadListBounds(t *testing.T) {
	manyValues := `{"items":[{"status":{"conditions":[` + strings.Repeat("{},", httpclient.MaxValues) + `{}]}}]}`
	for name, tc := range map[string]struct {
		body io.Reader
		want string
	}{
		"an item without an end":   {io.MultiReader(strings.NewReader(`{"items":[{"x":"`), endless("xxxxxxxx")), "8 MiB without the end of an object"},
		"items without an end":     {io.MultiReader(strings.NewReader(`{"items":[`), endless("{},")), "more than 4194304 items"},
		"an item of many values":   {strings.NewReader(manyValues), "more than 262144 values"},
		"a field without an end":   {io.MultiReader(strings.NewReader(`{"x":[`), endless("{},")), "256 KiB before the first item"},
		"metadata without an end":  {io.MultiReader(strings.NewReader(`{"metadata":{"x":[`), endless("{},")), "256 KiB before the first item"},
		"white space without end":  {io.MultiReader(strings.NewReader(`{"items":[{},`), endless("  ")), "8 MiB without the end of an object"},
		"white space, no list":     {endless("  "), "256 KiB before the first item"},
		"a list in front of items": {endless("["), "not a JSON object"},
	} {
		memory := testutil.Allocated(func() {
			_, err := ReadList(tc.body, MaxList, func([]byte) error { return nil })
			if err == nil || !strings.Contains(err.Error(), tc.want) || failure.Classify(err) != failure.ReasonDecode {
				t.Errorf("%s: %v", name, err)
			}
		})
		if memory > attackMemory {
			t.Errorf("%s: %d MiB were allocated", name, memory>>20)
		}
	}
}

// TestReadBounds checks that a response that is decoded as a whole is refused before it is too large.
func TestReadBounds(t *testing.T) {
	for name, text := range map[string]string{
		"bytes":  `{"items":[` + strings.Repeat("{},", MaxObject/3) + `{}]}`,
		"values": `{"items":[` + strings.Repeat("{},", MaxObject/6) + `{}]}`,
	} {
		c, _ := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
		memory := testutil.Allocated(func() {
			var list struct {
				Items []struct{ Name, Version string }
			}
			if err := c.Get(t.Context(), "/apis", nil, &list); !errors.Is(err, failure.ErrTooLarge) || list.Items != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if memory > attackMemory {
			t.Errorf("%s: %d MiB were allocated", name, memory>>20)
		}
	}
}
