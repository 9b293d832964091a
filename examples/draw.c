/* SPDX-License-Identifier: Apache-2.0 */

/* The whole library in one page: draw a prompt into a PNG.
 *
 *     cc draw.c $(pkg-config --cflags --libs sd14) -o draw
 *     ./draw models/emoji "a red apple" apple.png
 */
#include <stdio.h>
#include <stdlib.h>

#include <sd14/sd14.h>

static sd14_status draw(const char *folder, const char *prompt, const char *png, sd14_error *error)
{
    sd14_model *model = NULL;     /* the weights: read once, never changed */
    sd14_session *session = NULL; /* what a picture in progress needs */
    sd14_image *image = NULL;

    sd14_model_params model_params;
    sd14_model_params_default(&model_params);
    model_params.path = folder;

    sd14_status status = sd14_model_load(&model_params, &model, error);
    if (status == SD14_OK) status = sd14_session_create(model, &session, error);
    if (status == SD14_OK) {
        sd14_generate_params params;
        sd14_generate_params_default(model, &params);
        params.prompt = prompt;
        params.seed = 1;
        status = sd14_generate(session, &params, &image, error);
    }
    if (status == SD14_OK) status = sd14_image_write_png(image, png, NULL, 0, error);

    sd14_image_destroy(image);
    sd14_session_destroy(session);
    sd14_model_destroy(model);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "usage: draw MODEL PROMPT PNG\n");
        return EXIT_FAILURE;
    }
    sd14_error error;
    const sd14_status status = draw(argv[1], argv[2], argv[3], &error);
    if (status != SD14_OK) {
        (void)fprintf(stderr, "draw: %s: %s\n", sd14_status_name(status), error.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
