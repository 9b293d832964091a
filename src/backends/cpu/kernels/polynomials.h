/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Numbers of exp and erf, float32: tools/fit_polynomials.py prints them. How they are used:
 * math_ref.h, and in the same steps vec_math.h.
 */
#ifndef SD14_CPU_POLYNOMIALS_H
#define SD14_CPU_POLYNOMIALS_H

#define EXP_LOWEST (-0x1.5d589ep+6F) /**< below it, e^x is no normal number: 0 */
#define EXP_HIGHEST 0x1.62e42ep+6F   /**< above it, e^x is no finite number */
#define LOG2_E 0x1.715476p+0F
#define LN2_HIGH 0x1.62e43p-1F
#define LN2_LOW (-0x1.05c61p-29F)
/** 1.5·2^23: added to a small number it leaves the nearest integer in the lowest bits. */
#define ROUND_TO_INTEGER 0x1.8p+23F

/* e^r = 1 + r + r²·(c2 + c3·r + ...), |r| ≤ ln 2 / 2 */
#define EXP_C2 0x1.fffffap-2F
#define EXP_C3 0x1.555492p-3F
#define EXP_C4 0x1.555a0ap-5F
#define EXP_C5 0x1.1239bap-7F
#define EXP_C6 0x1.69709p-10F

/* 2^r = c0 + c1·r + ..., |r| ≤ 1/2, off by 2^-18 of it */
#define EXP2_C0 0x1.ffffe8p-1F
#define EXP2_C1 0x1.62e0dep-1F
#define EXP2_C2 0x1.ec06b6p-3F
#define EXP2_C3 0x1.ca1408p-5F
#define EXP2_C4 0x1.399e32p-7F

/* erf(x) = x + x·(c0 + c1·x² + ...), |x| < ERF_SPLIT */
#define ERF_SPLIT 1.125F
#define ERF_C0 0x1.06eba8p-3F
#define ERF_C1 (-0x1.81272ep-2F)
#define ERF_C2 0x1.ce2984p-4F
#define ERF_C3 (-0x1.b7bbdcp-6F)
#define ERF_C4 0x1.522ecap-8F
#define ERF_C5 (-0x1.9726ep-11F)
#define ERF_C6 0x1.284434p-14F

/* erf(x) = 1 + (c0 + c1·u + ...), u = x - ERFC_MIDDLE, ERF_SPLIT ≤ x ≤ ERFC_END; 1 beyond */
#define ERFC_MIDDLE 2.5F
#define ERFC_END 3.9375F
#define ERFC_C0 (-0x1.aab52cp-12F)
#define ERFC_C1 0x1.1d82p-9F
#define ERFC_C2 (-0x1.64edbap-8F)
#define ERFC_C3 0x1.11a276p-7F
#define ERFC_C4 (-0x1.1a6206p-7F)
#define ERFC_C5 0x1.90b274p-8F
#define ERFC_C6 (-0x1.70a9eep-9F)
#define ERFC_C7 0x1.20b814p-11F
#define ERFC_C8 0x1.26571cp-12F
#define ERFC_C9 (-0x1.1272d6p-12F)
#define ERFC_C10 0x1.0f5234p-14F
#define ERFC_C11 0x1.d20284p-17F
#define ERFC_C12 (-0x1.431214p-17F)
#define ERFC_C13 0x1.328dc8p-20F

#define SQRT_HALF 0x1.6a09e6p-1F
#define QUICK_GELU_SLOPE 1.702F

#endif /* SD14_CPU_POLYNOMIALS_H */
