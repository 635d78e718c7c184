// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// recordedError is a failure that a snapshot has recorded.
type recordedError struct{ failure *failure.Error }

func (e recordedError) Error() string {
	return "when the snapshot was taken: " + string(e.failure.Reason)
}

// Unwrap returns the failure, which has the reason.
func (e recordedError) Unwrap() error { return e.failure }

// recordedFailure returns the failure that a snapshot has recorded, with a known reason.
func recordedFailure(reason string) error {
	r := failure.Reason(reason)
	if !slices.Contains(failure.WatchReasons(), r) {
		r = failure.ReasonNetwork
	}
	return recordedError{failure.Errorf(r, "recorded")}
}
