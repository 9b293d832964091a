// SPDX-License-Identifier: Apache-2.0
// The installed library from C++: one step, by way of the callback.
#include <cstdio>
#include <memory>

#include <sd14/sd14.h>

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    sd14_error error;
    sd14_model_params model_params;
    sd14_model_params_default(&model_params);
    model_params.path = argv[1];

    sd14_model *opened = nullptr;
    sd14_session *created = nullptr;
    sd14_image *drawn = nullptr;
    sd14_status status = sd14_model_load(&model_params, &opened, &error);
    const std::unique_ptr<sd14_model, decltype(&sd14_model_destroy)> model(opened,
                                                                           sd14_model_destroy);
    if (status == SD14_OK) status = sd14_session_create(model.get(), &created, &error);
    const std::unique_ptr<sd14_session, decltype(&sd14_session_destroy)> session(
        created, sd14_session_destroy);

    int calls = 0;
    if (status == SD14_OK) {
        sd14_generate_params params;
        sd14_generate_params_default(model.get(), &params);
        params.prompt = "a red apple";
        params.steps = 1;
        params.progress_user = &calls;
        params.progress = [](void *user, const sd14_progress *) { ++*static_cast<int *>(user); };
        status = sd14_generate(session.get(), &params, &drawn, &error);
    }
    const std::unique_ptr<sd14_image, decltype(&sd14_image_destroy)> image(drawn,
                                                                           sd14_image_destroy);
    if (status == SD14_OK) {
        status = sd14_image_write_png(image.get(), argv[2], nullptr, 0, &error);
    }
    if (status != SD14_OK) {
        std::fprintf(stderr, "%s: %s\n", sd14_status_name(status), error.text);
        return 1;
    }
    return calls > 0 ? 0 : 1;
}
