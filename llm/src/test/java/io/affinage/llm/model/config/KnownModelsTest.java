package io.affinage.llm.model.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The configurations of models that people use, with the number of parameters that they have. */
class KnownModelsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gpt2|124439808|{'architectures':['GPT2LMHeadModel'],'model_type':'gpt2','activation_function':'gelu_new','attn_pdrop':0.1,'embd_pdrop':0.1,'layer_norm_epsilon':1e-05,'n_ctx':1024,'n_embd':768,'n_head':12,'n_layer':12,'n_positions':1024,'resid_pdrop':0.1,'summary_activation':null,'summary_use_proj':true,'task_specific_params':{'text-generation':{'do_sample':true,'max_length':50}},'vocab_size':50257}",
        "pythia-70m|70426624|{'architectures':['GPTNeoXForCausalLM'],'model_type':'gpt_neox','hidden_act':'gelu','hidden_size':512,'intermediate_size':2048,'layer_norm_eps':1e-05,'max_position_embeddings':2048,'num_attention_heads':8,'num_hidden_layers':6,'rotary_emb_base':10000,'rotary_pct':0.25,'tie_word_embeddings':false,'use_parallel_residual':true,'vocab_size':50304}",
        "Llama-3.2-1B|1235814400|{'architectures':['LlamaForCausalLM'],'model_type':'llama','attention_bias':false,'attention_dropout':0.0,'head_dim':64,'hidden_act':'silu','hidden_size':2048,'intermediate_size':8192,'max_position_embeddings':131072,'mlp_bias':false,'num_attention_heads':32,'num_hidden_layers':16,'num_key_value_heads':8,'pretraining_tp':1,'rms_norm_eps':1e-05,'rope_scaling':{'factor':32.0,'high_freq_factor':4.0,'low_freq_factor':1.0,'original_max_position_embeddings':8192,'rope_type':'llama3'},'rope_theta':500000.0,'tie_word_embeddings':true,'vocab_size':128256}",
        "Mistral-7B-v0.1|7241732096|{'architectures':['MistralForCausalLM'],'model_type':'mistral','hidden_act':'silu','hidden_size':4096,'intermediate_size':14336,'max_position_embeddings':32768,'num_attention_heads':32,'num_hidden_layers':32,'num_key_value_heads':8,'rms_norm_eps':1e-05,'rope_theta':10000.0,'sliding_window':4096,'tie_word_embeddings':false,'vocab_size':32000}",
        "Mistral-7B-v0.3|7248023552|{'architectures':['MistralForCausalLM'],'model_type':'mistral','hidden_act':'silu','hidden_size':4096,'intermediate_size':14336,'max_position_embeddings':32768,'num_attention_heads':32,'num_hidden_layers':32,'num_key_value_heads':8,'rms_norm_eps':1e-05,'rope_theta':1000000.0,'sliding_window':null,'tie_word_embeddings':false,'vocab_size':32768}",
        "Qwen2.5-0.5B|494032768|{'architectures':['Qwen2ForCausalLM'],'model_type':'qwen2','hidden_act':'silu','hidden_size':896,'intermediate_size':4864,'max_position_embeddings':32768,'max_window_layers':24,'num_attention_heads':14,'num_hidden_layers':24,'num_key_value_heads':2,'rms_norm_eps':1e-06,'rope_theta':1000000.0,'sliding_window':32768,'tie_word_embeddings':true,'use_mrope':false,'use_sliding_window':false,'vocab_size':151936}",
        "Qwen3-0.6B|596049920|{'architectures':['Qwen3ForCausalLM'],'model_type':'qwen3','attention_bias':false,'head_dim':128,'hidden_act':'silu','hidden_size':1024,'intermediate_size':3072,'max_position_embeddings':40960,'max_window_layers':28,'num_attention_heads':16,'num_hidden_layers':28,'num_key_value_heads':8,'rms_norm_eps':1e-06,'rope_scaling':null,'rope_theta':1000000,'sliding_window':null,'tie_word_embeddings':true,'use_sliding_window':false,'vocab_size':151936}",
        "Phi-3-mini-4k|3821079552|{'architectures':['Phi3ForCausalLM'],'model_type':'phi3','attention_bias':false,'hidden_act':'silu','hidden_size':3072,'intermediate_size':8192,'max_position_embeddings':4096,'num_attention_heads':32,'num_hidden_layers':32,'num_key_value_heads':32,'original_max_position_embeddings':4096,'rms_norm_eps':1e-05,'rope_scaling':null,'rope_theta':10000.0,'sliding_window':2047,'tie_word_embeddings':false,'vocab_size':32064}",
        "gemma-2-2b|2614341888|{'architectures':['Gemma2ForCausalLM'],'model_type':'gemma2','attention_bias':false,'attn_logit_softcapping':50.0,'cache_implementation':'hybrid','final_logit_softcapping':30.0,'head_dim':256,'hidden_act':'gelu_pytorch_tanh','hidden_activation':'gelu_pytorch_tanh','hidden_size':2304,'intermediate_size':9216,'max_position_embeddings':8192,'num_attention_heads':8,'num_hidden_layers':26,'num_key_value_heads':4,'query_pre_attn_scalar':256,'rms_norm_eps':1e-06,'rope_theta':10000.0,'sliding_window':4096,'vocab_size':256000}",
        "gemma-3-1b|999885952|{'architectures':['Gemma3ForCausalLM'],'model_type':'gemma3_text','attention_bias':false,'attn_logit_softcapping':null,'cache_implementation':'hybrid','final_logit_softcapping':null,'head_dim':256,'hidden_activation':'gelu_pytorch_tanh','hidden_size':1152,'intermediate_size':6912,'max_position_embeddings':32768,'num_attention_heads':4,'num_hidden_layers':26,'num_key_value_heads':1,'query_pre_attn_scalar':256,'rms_norm_eps':1e-06,'rope_local_base_freq':10000,'rope_scaling':null,'rope_theta':1000000,'sliding_window':512,'sliding_window_pattern':6,'vocab_size':262144}",
        "SmolLM3-3B|3075098624|{'architectures':['SmolLM3ForCausalLM'],'model_type':'smollm3','attention_bias':false,'hidden_act':'silu','hidden_size':2048,'intermediate_size':11008,'max_position_embeddings':65536,'max_window_layers':28,'mlp_bias':false,'no_rope_layer_interval':4,'num_attention_heads':16,'num_hidden_layers':36,'num_key_value_heads':4,'pretraining_tp':2,'rms_norm_eps':1e-06,'rope_scaling':null,'rope_theta':5000000.0,'sliding_window':null,'use_sliding_window':false,'vocab_size':128256}"
      })
  void shouldReadAndCount(String name, long parameters, String config) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(config.replace('\'', '"'));
    assertThat(DecoderConfig.of(new ModelMetadata(name, json)).parameters()).isEqualTo(parameters);
  }
}
