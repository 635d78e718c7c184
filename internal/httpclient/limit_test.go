// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

func TestLimitBody(t *testing.T) {
	for size, want := range map[int]error{6: nil, 4: failure.ErrTooLarge, 0: failure.ErrTooLarge} {
		if _, err := io.ReadAll(LimitBody(io.NopCloser(strings.NewReader("12345")), size)); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
