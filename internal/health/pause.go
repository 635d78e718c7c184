// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import "time"

// maxShare is how many times longer than the CPU time of the last evaluation the pause before
// the next one is: evaluating takes a tenth of a core.
const maxShare = 9

// pause returns how long to wait after an evaluation that took some time, of which the
// process ran for cpu: a machine that stood still does not count. The report is at most two
// intervals old, unless one evaluation takes longer than an interval.
func pause(interval, took, cpu time.Duration) time.Duration {
	return min(max(interval-took, maxShare*min(took, cpu)), max(2*interval-took, interval))
}
