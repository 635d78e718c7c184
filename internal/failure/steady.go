// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// steadyFailures in a row must have another reason before it replaces the first.
const steadyFailures = 3

// Steady is the reason of a series of failures. It stays while the failures alternate:
// alerts have it as a label. The zero value is a series without failures.
type Steady struct {
	Reason Reason
	other  int // failures in a row with another reason
}

// Fail notes a failure and reports whether its reason is that of the series.
func (s *Steady) Fail(reason Reason) bool {
	if s.Reason != "" && reason != s.Reason {
		if s.other++; s.other < steadyFailures {
			return false
		}
	}
	s.Reason, s.other = reason, 0
	return true
}

// Succeed ends the series.
func (s *Steady) Succeed() { *s = Steady{} }

// StatusOf returns the HTTP status of the answer of an API server, or of a proxy before
// it, that is the failure; 0 if there was no answer.
func StatusOf(err error) int {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return int(status.Status().Code)
	}
	return 0
}
