/* SPDX-License-Identifier: Apache-2.0 */

/* CLIPTextModel. Shapes in the comments are SD 1.4's (ViT-L/14), batch b. */
#include "models/blocks.h"
#include "models/networks.h"

/* x [b, 77, 768]; a token sees itself and those before it. */
static graph_value self_attention(graph_builder *g, const clip_text_config *config, graph_value x)
{
    const size_t channels = config->hidden_size;
    const size_t heads = config->num_attention_heads;

    graph_enter(g, "self_attn");
    const graph_value q = graph_linear(g, "q_proj", x, channels, true);
    const graph_value k = graph_linear(g, "k_proj", x, channels, true);
    const graph_value v = graph_linear(g, "v_proj", x, channels, true);
    const graph_value mixed =
        graph_attention(g, "attention", q, k, v, heads, attention_scale(channels, heads), true);
    const graph_value y = graph_linear(g, "out_proj", mixed, channels, true);
    graph_leave(g);
    return y;
}

static graph_value encoder_layer(graph_builder *g, const clip_text_config *config, graph_value x)
{
    graph_value h = graph_layer_norm(g, "layer_norm1", x, config->layer_norm_eps);
    h = self_attention(g, config, h);
    x = graph_add(g, "self_attn.residual", x, h);

    h = graph_layer_norm(g, "layer_norm2", x, config->layer_norm_eps);
    h = graph_linear(g, "mlp.fc1", h, config->intermediate_size, true);
    h = graph_unary(g, "mlp.activation_fn", config->hidden_act, h);
    h = graph_linear(g, "mlp.fc2", h, config->hidden_size, true);
    return graph_add(g, "", x, h);
}

sd14_status clip_text_graph(const clip_text_config *config,
                            size_t batch,
                            size_t tokens,
                            graph **out_graph,
                            sd14_error *error)
{
    graph_builder *g = graph_builder_create("text_encoder");
    if (g == NULL) FAIL_NO_MEMORY(error, "the text encoder's graph");

    const graph_value ids = graph_input(g, "input_ids", DTYPE_I32, shape_2(batch, tokens));
    const graph_value positions = graph_input(g, "position_ids", DTYPE_I32, shape_2(1, tokens));

    graph_enter(g, "text_model");
    graph_enter(g, "embeddings");
    const graph_value token =
        graph_embedding(g, "token_embedding", ids, config->vocab_size, config->hidden_size);
    const graph_value position = graph_embedding(
        g, "position_embedding", positions, config->max_position_embeddings, config->hidden_size);
    graph_value x = graph_add(g, "", token, position);
    graph_leave(g);

    for (size_t i = 0; i < config->num_hidden_layers; i++) {
        graph_enter(g, "encoder.layers.%zu", i);
        x = encoder_layer(g, config, x);
        graph_leave(g);
    }
    x = graph_layer_norm(g, "final_layer_norm", x, config->layer_norm_eps);
    graph_leave(g);

    graph_output(g, x);
    return graph_builder_finish(g, out_graph, error);
}
