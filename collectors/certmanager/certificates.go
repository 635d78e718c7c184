// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package certmanager

import (
	"cmp"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type certificateObject struct {
	watch.Object

	Spec struct {
		Issuer issuerReference `json:"issuerRef"`
	} `json:"spec"`
	Status struct {
		Conditions     lifecycle.Conditions `json:"conditions"`
		NotAfter       time.Time            `json:"notAfter"`
		Renewal        time.Time            `json:"renewalTime"`
		Revision       int64                `json:"revision"`
		LastFailure    time.Time            `json:"lastFailureTime"`
		FailedAttempts int64                `json:"failedIssuanceAttempts"`
	} `json:"status"`
}

// certificates declares Certificate. A Certificate that is being deleted has no rows, because it is no longer renewed.
func certificates() watch.Resource {
	return watch.NewStatefulResource(resource("Certificate", certificateFamilies()),
		func(o *certificateObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			result := o.evaluate(seen)
			if result.State != lifecycle.Deleting {
				o.rows(&result, r)
			}
			return result.Memory
		})
}

func (o *certificateObject) rows(result *lifecycle.Result, r *exposition.Rows) {
	status := &o.Status
	labels := []string{o.Metadata.Namespace, o.Metadata.Name, o.Spec.Issuer.identity(o.Metadata.Namespace)}
	with := func(more ...string) []string { return append(labels[:3:3], more...) }
	revision := ""
	if status.Revision > 0 {
		revision = strconv.FormatInt(status.Revision, 10)
	}
	r.Add(certificateInfo, 1, with(readyReason(status.Conditions), revision)...)
	r.Bool(certificateReady, status.Conditions.Is("Ready", "True"), labels...)
	r.Time(certificateNotAfter, status.NotAfter, labels...)
	r.Time(certificateRenewal, status.Renewal, labels...)
	notReadyRow(r, certificateNotReady, result, labels...)
	if status.FailedAttempts > 0 {
		r.Add(certificateAttempts, float64(status.FailedAttempts), labels...)
		r.Time(certificateRetry, nextRetry(status.LastFailure, status.FailedAttempts), labels...)
	}
}

// nextRetry returns the time of the next attempt of cert-manager after a failure. The delay doubles from one hour to 32
// hours (shouldBackoffReissuingOnFailure of its trigger controller).
func nextRetry(failed time.Time, attempts int64) time.Time {
	if failed.IsZero() {
		return time.Time{}
	}
	return failed.Add(time.Hour << min(max(attempts-1, 0), 5))
}

const certificateAnnotation = "cert-manager.io/certificate-name"

type requestObject struct {
	watch.Object

	Spec struct {
		Issuer issuerReference `json:"issuerRef"`
	} `json:"spec"`
	Status struct {
		Conditions lifecycle.Conditions `json:"conditions"`
		Failed     time.Time            `json:"failureTime"`
	} `json:"status"`
}

// requests declares CertificateRequest. A failed request exists until the next attempt.
func requests() watch.Resource {
	declared := resource("CertificateRequest", requestFamilies())
	declared.Annotations = []string{certificateAnnotation}
	return watch.NewStatefulResource(declared,
		func(o *requestObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			result := o.evaluate(seen)
			certificate := cmp.Or(o.Metadata.Annotations[certificateAnnotation], o.Metadata.Name)
			labels := []string{o.Metadata.Namespace, o.Metadata.Name, o.Spec.Issuer.identity(o.Metadata.Namespace), certificate}
			if result.State == lifecycle.Failed {
				r.Time(requestFailed, result.Onset.Time, append(labels, result.Reason)...)
			} else {
				notReadyRow(r, requestPending, &result, labels...)
			}
			return result.Memory
		})
}

// failure returns the reason and the time of the failure; the zero value if the request has not failed.
func (o *requestObject) failure() lifecycle.Condition {
	for _, name := range []string{"Denied", "InvalidRequest"} {
		if c, _ := o.Status.Conditions.Get(name); c.Status == "True" {
			c.Reason = name
			return c
		}
	}
	ready, _ := o.Status.Conditions.Get("Ready")
	if ready.Status != "False" || ready.Reason != "Failed" && ready.Reason != "Denied" {
		return lifecycle.Condition{}
	}
	if !o.Status.Failed.IsZero() {
		ready.LastTransitionTime = o.Status.Failed
	}
	return ready
}
