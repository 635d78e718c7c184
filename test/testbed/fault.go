// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import "time"

// Fault is what a FaultProxy does to an API server as its clients see it.
type Fault string

// The faults. All but the first two end the open connections, so that no client continues with one
// from before.
const (
	// BlackHole lets nothing through any longer; connections are accepted.
	BlackHole Fault = "blackhole"
	// Latency delays every answer by 30 s.
	Latency Fault = "latency"
	// Healthy is none.
	Healthy Fault = ""
	// Refused closes the port.
	Refused Fault = "refused"
	// Reset resets each connection in the middle of its first answer.
	Reset Fault = "reset"
	// Unauthorized, Throttled (come back in two hours), ServerError and HTML (with status
	// 200) answer every request.
	Unauthorized Fault = "unauthorized"
	Throttled    Fault = "throttled"
	ServerError  Fault = "server"
	HTML         Fault = "html"
	// Truncated leaves out the second half of every answer.
	Truncated Fault = "truncated"
	// Forbidden answers requests for ForbiddenResource.
	Forbidden Fault = "forbidden"
	// ShortWatches lets the API server end every watch after a second.
	ShortWatches Fault = "shortwatches"
	// Skew moves the clock of the API server one hour ahead: the Date of answers and the
	// timestamps in them.
	Skew Fault = "skew"
	// ExpiredCertificate and WrongCA show another certificate.
	ExpiredCertificate Fault = "expired"
	WrongCA            Fault = "wrongca"
)

// faultLatency is the delay of Latency.
const faultLatency = 30 * time.Second

// ForbiddenResource is what Forbidden does not let through.
const ForbiddenResource = "kustomizations"
