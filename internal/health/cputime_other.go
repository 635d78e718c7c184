// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package health

import "time"

// cpuTime returns the wall time, because the CPU time of the process is not available.
func cpuTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
