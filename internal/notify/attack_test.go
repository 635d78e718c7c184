// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestRefusesHugeAnswers checks that reading stops at the limit.
func TestRefusesHugeAnswers(t *testing.T) {
	for name, part := range map[string]string{"alerts": "{},", "status": `{"status":{}},`, "labels": `{"labels":{}},`, "nothing": "null,"} {
		body := "[" + strings.Repeat(part, maxAnswer/len(part)-1) + "{}]"
		c := newClock()
		am := newFakeAlertmanager(t, c, "", func(h http.Handler) *httptest.Server { return httptest.NewServer(h) })
		am.intercept = func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
			return true
		}
		e := newTestNotifier(c, func(a *config.Alertmanager) {}, am.URL)
		memory := testutil.Allocated(func() {
			if a := e.connect(t.Context())[0].exchange(t.Context(), nil); a.err == nil || a.alerts != nil || !strings.Contains(a.err.Error(), "more than 524288 values") {
				t.Errorf("%s: %d alerts, %v", name, len(a.alerts), a.err)
			}
		})
		if memory > 64<<20+uint64(len(body)) { // the copy that the server makes
			t.Errorf("%s: %d MiB were allocated", name, memory>>20)
		}
	}
}
