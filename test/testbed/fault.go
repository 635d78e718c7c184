// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import "time"

// Fault is a fault of an API server that a FaultProxy simulates for its clients.
type Fault string

// Faults. All except the first two close the open connections, so that clients cannot continue to use them.
const (
	// BlackHole accepts connections, but forwards nothing.
	BlackHole Fault = "blackhole"
	// Latency delays every answer by 30 s.
	Latency Fault = "latency"
	// Healthy is the state without a fault.
	Healthy Fault = ""
	// Refused closes the port.
	Refused Fault = "refused"
	// Reset resets each connection in the middle of its first answer.
	Reset Fault = "reset"
	// Unauthorized, Throttled (with a Retry-After of two hours), ServerError and HTML (with status 200) answer all requests.
	Unauthorized Fault = "unauthorized"
	Throttled    Fault = "throttled"
	ServerError  Fault = "server"
	HTML         Fault = "html"
	// Truncated leaves out the second half of every answer.
	Truncated Fault = "truncated"
	// Forbidden answers requests for ForbiddenResource.
	Forbidden Fault = "forbidden"
	// ShortWatches makes the API server end each watch after a second.
	ShortWatches Fault = "shortwatches"
	// Skew sets the clock of the API server one hour ahead: the Date of answers and the timestamps in them.
	Skew Fault = "skew"
	// ExpiredCertificate and WrongCA present another certificate.
	ExpiredCertificate Fault = "expired"
	WrongCA            Fault = "wrongca"
)

// faultLatency is the delay of Latency.
const faultLatency = 30 * time.Second

// ForbiddenResource is the resource that Forbidden refuses.
const ForbiddenResource = "kustomizations"
