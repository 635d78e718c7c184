// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// steadyFailures is the number of consecutive failures with another reason after which that reason replaces the
// previous one.
const steadyFailures = 3

// Steady is the reason of a series of failures. It does not change while the reasons of failures alternate, because it
// is a label of alerts. The zero value is a series without failures.
type Steady struct {
	Reason Reason
	other  int // consecutive failures with another reason
}

// Fail records a failure and reports whether its reason is the reason of the series.
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

// StatusOf returns the HTTP status of a failure, from an API server or a proxy; 0 if there was no response.
func StatusOf(err error) int {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return int(status.Status().Code)
	}
	return 0
}
