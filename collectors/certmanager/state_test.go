// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package certmanager

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

var stateRow = regexp.MustCompile(`(not_ready_since|pending_since|failed)_timestamp_seconds\{.*reason="([^"]*)"(?:,status="([^"]*)",onset="([^"]*)",tolerated="([^"]*)")?\} (\d+)`)

// TestStates has the statuses that cert-manager@2d0d7f7 writes:
//   - pkg/api/util/conditions.go: lastTransitionTime changes only with the status; conditions of
//     Certificates and issuers have an observedGeneration, conditions of CertificateRequests do not.
//   - pkg/controller/certificates/readiness: Ready is True or False with a reason of
//     internal/controller/certificates/policies/constants.go.
//   - pkg/controller/certificates/trigger and issuing: Issuing is True during an attempt, False with the
//     reason of a failure, and removed after a success, like lastFailureTime.
//   - pkg/controller/certificaterequests/sync.go and util/reporter.go: Pending, Failed, Denied, Issued.
//   - pkg/controller/issuers/sync.go: the controllers of issuers set only Ready.
func TestStates(t *testing.T) {
	condition := func(name, status, reason string, hour int) string {
		return fmt.Sprintf(`{"type":%q,"status":%q,"reason":%q,"observedGeneration":2,"lastTransitionTime":"2026-11-22T%02d:00:00Z"}`, name, status, reason, hour)
	}
	first := condition("Ready", "False", "DoesNotExist", 3)
	approved := condition("Approved", "True", "cert-manager.io", 3)
	for _, tc := range []struct {
		name, kind, conditions, more string
		want                         string // family, reason, state, hour of the onset
	}{
		{"issued", "Certificate", condition("Ready", "True", "Ready", 3), `"revision":1`, ""},
		{"first issuance", "Certificate", first + "," + condition("Issuing", "True", "DoesNotExist", 3), "", "not_ready_since DoesNotExist progressing 3"},
		{"before readiness is evaluated", "Certificate", condition("Issuing", "True", "DoesNotExist", 3), "", "not_ready_since Issuing progressing 3"},
		{"first issuance failed", "Certificate", first + "," + condition("Issuing", "False", "Failed", 4), `"lastFailureTime":"2026-11-22T04:00:00Z","failedIssuanceAttempts":1`,
			"not_ready_since DoesNotExist failed 3"},
		{"the next attempt", "Certificate", first + "," + condition("Issuing", "True", "DoesNotExist", 6), `"lastFailureTime":"2026-11-22T04:00:00Z","failedIssuanceAttempts":1`,
			"not_ready_since DoesNotExist failed 3"},
		{"an attempt of a version without a counter", "Certificate", first + "," + condition("Issuing", "True", "DoesNotExist", 6), `"lastFailureTime":"2026-11-22T04:00:00Z"`,
			"not_ready_since DoesNotExist failed 3"},
		{"renewal", "Certificate", condition("Ready", "True", "Ready", 3) + "," + condition("Issuing", "True", "Renewing", 6), "", ""},
		{"renewal failed", "Certificate", condition("Ready", "True", "Ready", 3) + "," + condition("Issuing", "False", "Denied", 6), `"lastFailureTime":"2026-11-22T06:00:00Z","failedIssuanceAttempts":1`, ""},
		{"changed", "Certificate", condition("Ready", "False", "RequestChanged", 5) + "," + condition("Issuing", "True", "RequestChanged", 5), "", "not_ready_since RequestChanged progressing 5"},
		{"another writes its Secret", "Certificate", condition("Ready", "False", "IncorrectCertificate", 5), "", "not_ready_since IncorrectCertificate failed 5"},
		{"generation behind", "Certificate", `{"type":"Ready","status":"True","reason":"Ready","observedGeneration":1,"lastTransitionTime":"2026-11-22T03:00:00Z"}`, "",
			"not_ready_since GenerationBehind unprocessed 2"},
		{"a version without generations", "Certificate", `{"type":"Ready","status":"True","reason":"Ready","lastTransitionTime":"2026-11-22T03:00:00Z"}`, "", ""},
		{"no status", "Certificate", "", "", "not_ready_since Unprocessed unprocessed 1"},
		{"unknown", "Certificate", condition("Ready", "Unknown", "Odd", 5), "", "not_ready_since Odd unknown 5"},
		{"an account that is not registered", "ClusterIssuer", condition("Ready", "False", "ErrRegisterACMEAccount", 5), "", "not_ready_since ErrRegisterACMEAccount failed 5"},
		{"a key pair", "Issuer", condition("Ready", "True", "KeyPairVerified", 5), "", ""},
		{"an issuer without a status", "Issuer", "", "", "not_ready_since Unprocessed unprocessed 1"},
		{"an issuer whose change is not seen", "ClusterIssuer", `{"type":"Ready","status":"True","reason":"IsReady","observedGeneration":1,"lastTransitionTime":"2026-11-22T03:00:00Z"}`, "",
			"not_ready_since GenerationBehind unprocessed 2"},
		{"no approver", "CertificateRequest", "", "", "pending_since NotApproved unprocessed 1"},
		{"approved, no issuer answers", "CertificateRequest", approved, "", "pending_since Unprocessed unprocessed 1"},
		{"waits for its issuer", "CertificateRequest", approved + "," + condition("Ready", "False", "Pending", 4), "", "pending_since Pending progressing 4"},
		{"granted", "CertificateRequest", approved + "," + condition("Ready", "True", "Issued", 4), "", ""},
		{"refused", "CertificateRequest", approved + "," + condition("Ready", "False", "Failed", 4), `"failureTime":"2026-11-22T05:00:00Z"`, "failed Failed  5"},
		{"denied, not confirmed by the issuer", "CertificateRequest", condition("Denied", "True", "policy.example.com", 4), "", "failed Denied  4"},
		{"invalid", "CertificateRequest", approved + "," + condition("InvalidRequest", "True", "InvalidRequest", 4) + "," + condition("Ready", "False", "Pending", 4), "",
			"failed InvalidRequest  4"},
	} {
		t.Run(tc.kind+"/"+tc.name, func(t *testing.T) {
			more := tc.more
			if more != "" {
				more = "," + more
			}
			raw := `{"metadata":{"name":"x","namespace":"ns","generation":2,"creationTimestamp":"2026-11-22T01:00:00Z",` +
				`"managedFields":[{"manager":"kubectl","time":"2026-11-22T02:00:00Z","fieldsV1":{"f:spec":{}}}]},"status":{"conditions":[` + tc.conditions + `]` + more + `}}`
			text := suite().Render(t, collectortest.Management, collectortest.Object{Kind: tc.kind, Raw: []byte(raw)})
			got := ""
			if m := stateRow.FindStringSubmatch(text); m != nil {
				var onset int64
				_, _ = fmt.Sscan(m[6], &onset)
				got = fmt.Sprintf("%s %s %s %d", m[1], m[2], m[3], time.Unix(onset, 0).UTC().Hour())
				if m[4] == "at_least" {
					t.Errorf("the onset is a bound:\n%s", text)
				}
			}
			if got != tc.want {
				t.Errorf("got %q, want %q\n%s", got, tc.want, text)
			}
		})
	}
}
