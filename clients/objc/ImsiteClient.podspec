Pod::Spec.new do |s|
  s.name = 'ImsiteClient'
  s.version = '1.0.0'
  s.summary = 'V2TIMManager conversations on an imsite server'
  s.description = 'The conversation calls of the V2TIM SDK, answered by an imsite server.'
  s.homepage = 'https://example.com/imsite'
  s.license = { :type => 'MIT', :file => '../../LICENSE' }
  s.author = 'imsite'
  s.source = { :path => '.' }
  s.ios.deployment_target = '12.0'
  s.osx.deployment_target = '10.13'
  s.requires_arc = true
  s.source_files = 'Sources/ImsiteClient/**/*.{h,m}'
  s.public_header_files = 'Sources/ImsiteClient/include/**/*.h'
  s.header_mappings_dir = 'Sources/ImsiteClient/include'
end
